import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "../world/places.ts";
import { isReady, listViews, podView } from "../world/views.ts";
import type { Target } from "./pod-targets.ts";

const namespace = "dragonfly-operator-system";
const folder = "/operator/";

/**
 * The operator's pods as its chart's ServiceMonitor has them scraped. They are no processes here, so their pages are served at
 * `port`, each for as long as its pod is ready.
 */
export function operatorTargets(objects: ObjectStore, port: number): readonly Target[] {
  return listViews(objects, places.pods, podView, namespace).map(({ metadata }) => ({
    targets: [`127.0.0.1:${port}`],
    labels: {
      __metrics_path__: `${folder}${metadata.name}`,
      job: "dragonfly-operator",
      namespace,
      pod: metadata.name,
      container: "manager",
      endpoint: "metrics",
    },
  }));
}

/** Whether the page at this path is one of an operator's pod that would answer; undefined when it is no such page. */
export function operatorAnswers(objects: ObjectStore, path: string): boolean | undefined {
  if (!path.startsWith(folder)) return undefined;
  const pod = listViews(objects, places.pods, podView, namespace).find(
    ({ metadata }) => metadata.name === path.slice(folder.length),
  );
  return pod !== undefined && isReady(pod);
}
