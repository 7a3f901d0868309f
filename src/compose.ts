import type { ClusterConfig, Config } from "./config/file.ts";
import type { Settings } from "./config/load.ts";
import { createServerReader, type Dial } from "./dragonfly/reader.ts";
import { BotError } from "./errors.ts";
import { type ClusterAccess, loadAccess } from "./kubernetes/access.ts";
import { type DialPod, dialDirectly, dialThroughApi } from "./kubernetes/pod-dialer.ts";
import { createKubernetesReader } from "./kubernetes/reader.ts";
import { createCallApi, createGetJson } from "./kubernetes/request.ts";
import { createMetricsReader } from "./metrics/reader.ts";
import type { KubernetesReader, Platform } from "./platform/ports.ts";

interface ComposedCluster {
  readonly reader: KubernetesReader;
  readonly dial: DialPod;
}

/** Builds the real platform from the settings. Nothing is connected to before it is first read. */
export function composePlatform({ config, environment }: Settings): Platform {
  const clusters = new Map(
    config.clusters.map((cluster): [string, ComposedCluster] => {
      const access = accessTo(cluster, environment.kubeconfig);
      // Loaded once, and again after a failure: a login that was mended needs no restart.
      let loaded: ReturnType<typeof loadAccess> | undefined;
      const load = () => {
        loaded ??= loadAccess(access).catch((error: unknown) => {
          loaded = undefined;
          throw error;
        });
        return loaded;
      };
      const reader = createKubernetesReader(
        cluster.name,
        access.context,
        createGetJson(createCallApi(cluster.name, load)),
      );
      const direct = cluster.reachPods === "direct" || (cluster.reachPods === "auto" && access.inCluster);
      return [cluster.name, { reader, dial: direct ? dialDirectly : dialThroughApi(load) }];
    }),
  );
  const find = (name: string) => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw unknownCluster(name, config);
    return cluster;
  };
  const dial: Dial = (address, port, signal) => find(address.cluster).dial(address, port, signal);
  return {
    cluster: (name) => find(name).reader,
    servers: createServerReader(dial),
    metrics: createMetricsReader(environment.prometheusUrl),
    lastKnownPods: new Map(),
  };
}

/** Without a kubeconfig, in a pod, the first cluster is the one the pod runs in. */
function accessTo(cluster: ClusterConfig, kubeconfigPath: string | undefined): ClusterAccess {
  return {
    cluster: cluster.name,
    context: cluster.context ?? cluster.name,
    inCluster: cluster.inCluster,
    kubeconfigPath,
  };
}

function unknownCluster(name: string, config: Config): BotError {
  return new BotError(
    "config.unknown-cluster",
    `dfbot.yaml has no cluster "${name}"`,
    `It has: ${config.clusters.map((cluster) => cluster.name).join(", ")}`,
  );
}
