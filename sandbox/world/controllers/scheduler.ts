import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { recordEvent } from "../events.ts";
import { places } from "../places.ts";
import { listViews, nodeView, type PodView, podView, record } from "../views.ts";

const zoneLabel = "topology.kubernetes.io/zone";

/** Gives every pod without a node the one where its own kind is rarest: first by node, then by zone. */
export function schedulePods(store: ObjectStore): void {
  const waiting = listViews(store, places.pods, podView).filter((pod) => pod.spec.nodeName === undefined);
  for (const pod of waiting) {
    const nodes = listViews(store, places.nodes, nodeView).filter(
      (node) =>
        !node.spec.unschedulable &&
        node.status.conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    );
    const placed = listViews(store, places.pods, podView, pod.metadata.namespace).filter(
      (other) => other.spec.nodeName !== undefined && kindOf(other) === kindOf(pod),
    );
    const zoneOf = (name: string | undefined) =>
      nodes.find((node) => node.metadata.name === name)?.metadata.labels[zoneLabel];
    const [best] = nodes
      .map((node) => ({
        name: node.metadata.name,
        onNode: placed.filter((other) => other.spec.nodeName === node.metadata.name).length,
        inZone: placed.filter((other) => zoneOf(other.spec.nodeName) === node.metadata.labels[zoneLabel]).length,
      }))
      .toSorted((a, b) => a.onNode - b.onNode || a.inZone - b.inZone || a.name.localeCompare(b.name));
    if (best === undefined) {
      const all = listViews(store, places.nodes, nodeView).length;
      const message = `0/${all} nodes are available: ${all} node(s) were unschedulable or not ready.`;
      if (!hasEvent(store, pod)) {
        recordEvent(
          store,
          { kind: "Pod", metadata: pod.metadata },
          { type: "Warning", reason: "FailedScheduling", message },
        );
      }
      continue;
    }
    store.patch(places.pods, pod.metadata.namespace, pod.metadata.name, (object) => {
      object["spec"] = { ...record(object["spec"]), nodeName: best.name };
    });
  }
}

function kindOf({ metadata }: PodView): string {
  return metadata.ownerReferences[0]?.uid ?? metadata.name;
}

/** The scheduler runs with every change; it says so once. */
function hasEvent(store: ObjectStore, { metadata }: PodView): boolean {
  return store
    .list(places.events, metadata.namespace)
    .some(({ metadata: { name } }) => name.startsWith(`${metadata.name}.${metadata.uid.slice(0, 8)}.failedscheduling`));
}
