import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { listViews, nodeView } from "../views.ts";

/** Nodes whose kubelet has not been heard of. */
export function lostNodes(objects: ObjectStore): ReadonlySet<string> {
  const lost = listViews(objects, places.nodes, nodeView).filter(({ status }) =>
    status.conditions.some((condition) => condition.type === "Ready" && condition.status === "Unknown"),
  );
  return new Set(lost.map(({ metadata }) => metadata.name));
}
