import { stringify } from "yaml";

export interface BotConfigOptions {
  /** How the bot reaches the admin port; port-forward is the way from a laptop. */
  readonly reachPods: "auto" | "direct" | "port-forward";
}

/** The text of a dfbot.yaml for this world: its two clusters and the shared instance, everything else by default. */
export function botConfig({ reachPods }: BotConfigOptions): string {
  return stringify({
    clusters: [
      { name: "infra", context: "infra", reachPods },
      { name: "apps", context: "apps" },
    ],
    shared: {
      name: "dragonfly",
      namespace: "dragonfly-system",
      cluster: "infra",
      image: "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1",
      replicas: 3,
      clientDns: "dragonfly.dragonfly-system.svc.cluster.local:6379",
      globalService: "dragonfly-global",
    },
    operator: { cluster: "infra", namespace: "dragonfly-operator-system", deployment: "dragonfly-operator" },
  });
}
