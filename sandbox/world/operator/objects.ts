import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { type DragonflyView, listViews, type PodView, podView, record } from "../views.ts";

/** All pods of an instance, those that never started too. */
export function allPodsOf(store: ObjectStore, { metadata }: DragonflyView): readonly PodView[] {
  return listViews(store, places.pods, podView, metadata.namespace).filter(
    ({ metadata: { labels } }) => labels["app"] === metadata.name && labels["app.kubernetes.io/name"] === "dragonfly",
  );
}

/** The pods of an instance that have an address. */
export function podsOf(store: ObjectStore, resource: DragonflyView): readonly PodView[] {
  return allPodsOf(store, resource).filter((pod) => pod.status.podIP !== undefined);
}

/** Writes the label that the Services select by; `undefined` takes it away. */
export function setRole(
  store: ObjectStore,
  pod: Pick<PodView, "metadata">,
  role: "master" | "replica" | undefined,
  primaryIp?: string,
): void {
  store.patch(places.pods, pod.metadata.namespace, pod.metadata.name, ({ metadata }) => {
    const { role: _, ...labels } = metadata.labels ?? {};
    metadata.labels = role === undefined ? labels : { ...labels, role };
    const { "operator.dragonflydb.io/masterIP": _before, ...annotations } = metadata.annotations ?? {};
    metadata.annotations =
      primaryIp === undefined ? annotations : { ...annotations, "operator.dragonflydb.io/masterIP": primaryIp };
  });
}

/** Only ever set, never withdrawn: Ready stays when pods die (facts: dragonfly-operator issue 589). */
export function setPhase(
  store: ObjectStore,
  { metadata }: DragonflyView,
  phase: string,
  isRollingUpdate = false,
): void {
  store.patch(places.dragonflies, metadata.namespace, metadata.name, (object) => {
    object["status"] = { ...record(object["status"]), phase, isRollingUpdate };
  });
}
