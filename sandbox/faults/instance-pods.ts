import { places } from "../world/places.ts";
import { isReady, listViews, type PodView, podView } from "../world/views.ts";
import { instance, operatorNamespace, type World } from "../world/world.ts";

export interface InstancePod {
  readonly name: string;
  readonly ip: string;
}

/** The instance's pods by the operator's label. */
function podsByRole(world: World, role: string): readonly InstancePod[] {
  return listViews(world.infra.objects, places.pods, podView, instance.namespace)
    .filter((pod) => pod.metadata.labels["app"] === instance.name && pod.metadata.labels["role"] === role)
    .filter(isReady)
    .map(({ metadata, status }) => ({ name: metadata.name, ip: status.podIP ?? "" }));
}

export function primaryOf(world: World): InstancePod {
  const [primary] = podsByRole(world, "master");
  if (primary === undefined) throw new Error("There is no primary now: heal the other fault first.");
  return primary;
}

export function replicasOf(world: World): readonly [InstancePod, ...InstancePod[]] {
  const [first, ...rest] = podsByRole(world, "replica");
  if (first === undefined) throw new Error("There is no replica now: heal the other fault first.");
  return [first, ...rest];
}

export function operatorPods(world: World): readonly PodView[] {
  return listViews(world.infra.objects, places.pods, podView, operatorNamespace);
}

/** Deletes a pod; its controller makes a new one, which has no history. */
export function deletePod(world: World, namespace: string, name: string): void {
  if (world.infra.objects.get(places.pods, namespace, name) === undefined) return;
  world.infra.objects.remove(places.pods, namespace, name);
}
