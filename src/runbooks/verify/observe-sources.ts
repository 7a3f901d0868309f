import type { InstanceConfig } from "../../config/file.ts";
import type { Policy } from "../../network-policy/model.ts";
import type { Reading } from "../../platform/reading.ts";
import { readClusterwide, readPolicies } from "../connectivity/expectation.ts";
import type { ObserveContext } from "../instance/observe.ts";

/** What a namespace that has to get through says of its own way out: its policies, and its cluster's. */
export interface SourcePolicies {
  readonly cluster: string;
  readonly namespace: string;
  readonly policies: readonly Reading<readonly Policy[]>[];
}

/** The policies of every namespace that has to get through, each read once; those of the instance's own are read anyway. */
export async function observeSources(
  context: ObserveContext,
  instance: InstanceConfig,
  isShared: boolean,
): Promise<readonly SourcePolicies[]> {
  const { config } = context;
  const clients = isShared ? [...config.namespaces.allowed, config.home.namespace] : [];
  const here = [config.metrics.scraper.namespace, config.operator.namespace];
  return (
    await Promise.all(
      config.clusters.map(async ({ name: cluster }) => {
        const wide = readClusterwide(context, cluster);
        const names = cluster === instance.cluster ? [...clients, ...here] : clients;
        return Promise.all(
          [...new Set(names)].map(async (namespace): Promise<SourcePolicies> => {
            const policies = await Promise.all([readPolicies(context, { cluster, namespace }), wide]);
            return { cluster, namespace, policies };
          }),
        );
      }),
    )
  ).flat();
}
