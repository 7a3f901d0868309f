import type { KubernetesReader, Platform } from "../src/platform/ports.ts";

/** The platform, with every upstream read timed: `slowest()` is the longest one since the last `reset()`. */
export function timedPlatform(platform: Platform): { readonly platform: Platform; reset(): void; slowest(): number } {
  let longest = 0;
  const timed =
    <Args extends readonly unknown[], Result>(read: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const started = performance.now();
      try {
        return await read(...args);
      } finally {
        longest = Math.max(longest, performance.now() - started);
      }
    };
  const readers = new Map<string, KubernetesReader>();
  const cluster = (name: string): KubernetesReader => {
    const known = readers.get(name);
    if (known !== undefined) return known;
    const real = platform.cluster(name);
    const reader: KubernetesReader = {
      cluster: real.cluster,
      context: real.context,
      deployment: timed(real.deployment),
      serverVersion: timed(real.serverVersion),
      customResourceDefinition: timed(real.customResourceDefinition),
      customResourceSchema: timed(real.customResourceSchema),
      wouldAccept: timed(real.wouldAccept),
      externalSecrets: timed(real.externalSecrets),
      dragonfly: timed(real.dragonfly),
      dragonflies: timed(real.dragonflies),
      statefulSet: timed(real.statefulSet),
      pods: timed(real.pods),
      pod: timed(real.pod),
      nodes: timed(real.nodes),
      persistentVolumeClaims: timed(real.persistentVolumeClaims),
      services: timed(real.services),
      endpoints: timed(real.endpoints),
      podDisruptionBudgets: timed(real.podDisruptionBudgets),
      networkPolicies: timed(real.networkPolicies),
      ciliumNetworkPolicies: timed(real.ciliumNetworkPolicies),
      ciliumClusterwidePolicies: timed(real.ciliumClusterwidePolicies),
      monitors: timed(real.monitors),
      namespace: timed(real.namespace),
      events: timed(real.events),
      previousLog: timed(real.previousLog),
      kustomizations: timed(real.kustomizations),
      helmRelease: timed(real.helmRelease),
      ociRepository: timed(real.ociRepository),
    };
    readers.set(name, reader);
    return reader;
  };
  return {
    platform: {
      cluster,
      servers: {
        state: timed(platform.servers.state),
        clients: timed(platform.servers.clients),
        users: timed(platform.servers.users),
      },
      metrics: {
        query: timed(platform.metrics.query),
        range: timed(platform.metrics.range),
        rules: timed(platform.metrics.rules),
      },
      alerting: platform.alerting,
      lastResults: platform.lastResults,
      git: platform.git,
      probes: platform.probes,
      lastKnownPods: platform.lastKnownPods,
    },
    reset: () => {
      longest = 0;
    },
    slowest: () => longest,
  };
}
