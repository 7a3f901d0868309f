import { places } from "../../../../../sandbox/world/places.ts";
import { changed, copied, edited, gone, type Mutation, of, put } from "../mutation.ts";
import { resource, statefulSet } from "./where.ts";

const podMonitor = of(places.podMonitors, "dragonfly");
const budget = of(places.budgets, "dragonfly");
const claim = of(places.claims, "df-dragonfly-1");

export const ofInstance: readonly Mutation[] = [
  changed("a replica fewer is asked for", resource, ["spec", "replicas"], 2, "ac2.resource"),
  changed("the operator has not called it ready", resource, ["status", "phase"], "ResourcesCreated", "ac2.resource"),
  changed("the StatefulSet has two ready pods", statefulSet, ["status", "readyReplicas"], 2, "ac2.statefulset"),
  edited(
    "a rollout is stuck",
    statefulSet,
    (object) => {
      put(object, ["status", "updateRevision"], "dragonfly-newer");
      put(object, ["status", "updatedReplicas"], 1);
    },
    "ac2.statefulset",
  ),
  changed("a claim is pending", claim, ["status", "phase"], "Pending", "ac2.pvc.bound"),
  gone("a claim is gone", claim, "ac2.pvc.bound"),
  gone("the PodMonitor is gone", podMonitor, "ac2.metrics.monitor"),
  changed(
    "the PodMonitor scrapes the data port",
    podMonitor,
    ["spec", "podMetricsEndpoints", 0, "port"],
    "redis",
    "ac2.metrics.monitor",
  ),
  changed(
    "the PodMonitor sees only the primary",
    podMonitor,
    ["spec", "selector", "matchLabels", "role"],
    "master",
    "ac2.metrics.monitor",
  ),
  gone("the data budget is gone", budget, "ac2.pdb", "ac2.eviction.once"),
  changed("the data budget keeps one", budget, ["spec", "minAvailable"], 1, "ac2.pdb"),
  changed("the data budget keeps all", budget, ["spec", "minAvailable"], 3, "ac2.pdb"),
  changed("no eviction is possible", budget, ["status", "disruptionsAllowed"], 0, "ac2.eviction.once"),
  changed("two evictions are possible", budget, ["status", "disruptionsAllowed"], 2, "ac2.eviction.once"),
  copied("two budgets select the data pods", budget, () => undefined, "ac2.pdb", "ac2.eviction.once"),
  changed(
    "the data budget misses the primary",
    budget,
    ["spec", "selector", "matchLabels", "role"],
    "replica",
    "ac2.pdb",
  ),
  changed("nothing is saved by a schedule", resource, ["spec", "snapshot", "cron"], undefined, "ac2.snapshot.schedule"),
  changed("every pod saves", resource, ["spec", "snapshot", "enableOnMasterOnly"], false, "ac2.snapshot.schedule"),
];
