import type { Config } from "../../../config/file.ts";
import type { Finding } from "../../../reports/model.ts";
import type { VerifyObservation } from "../observe.ts";
import { verifyFields } from "./fields.ts";
import { verifyLeftovers } from "./leftovers.ts";
import { verifyRevisions } from "./revision.ts";

/** That the clusters have what Git has: the revision first, then field by field, then that nothing is left of what Git had. */
export function verifyDrift(seen: VerifyObservation, config: Config): readonly Finding[] {
  return [
    ...verifyRevisions(seen, config),
    ...seen.drift.map(verifyFields),
    ...seen.drift.flatMap((one) => verifyLeftovers(one, config.flux.namespace)),
  ];
}
