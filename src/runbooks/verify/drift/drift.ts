import type { Config, InstanceConfig } from "../../../config/file.ts";
import type { Finding } from "../../../reports/model.ts";
import type { VerifyObservation } from "../observe.ts";
import { verifyExtras } from "./extra.ts";
import { verifyFields } from "./fields.ts";
import { verifyLeftovers } from "./leftovers.ts";
import { verifyRevisions } from "./revision.ts";

/** That the clusters have what Git has: the revision first, then field by field, then that nothing is left of what Git had, and nothing there that it never had. */
export function verifyDrift(
  seen: VerifyObservation,
  instance: InstanceConfig,
  config: Config,
  isShared: boolean,
): readonly Finding[] {
  // The names of the shared instance are in every cluster.
  const clusters = seen.kustomizations
    .map(({ cluster }) => cluster)
    .filter((name) => isShared || name === instance.cluster);
  return [
    ...verifyRevisions(seen, config),
    ...seen.drift.map(verifyFields),
    ...seen.drift.flatMap((one) => verifyLeftovers(one, config.flux.namespace)),
    ...clusters.map((cluster) => verifyExtras(seen.drift, cluster, instance, config)),
  ];
}
