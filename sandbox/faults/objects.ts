import type { KubeObject, Place } from "../kubernetes/object-store.ts";
import type { World } from "../world/world.ts";

/** Takes an object of the infra cluster away; the returned function brings it back as it was. */
export function takeAway(world: World, place: Place, namespace: string | undefined, name: string): () => void {
  const { objects } = world.infra;
  const found = objects.get(place, namespace, name);
  if (found === undefined) throw new Error(`${place.plural} "${name}" is not there: heal the other fault first.`);
  const kept = objects.shown(place, found);
  objects.remove(place, namespace, name);
  return () => {
    const { resourceVersion: _, uid: _uid, deletionTimestamp: _deleted, ...metadata } = kept.metadata;
    objects.apply(place, { ...kept, metadata: { ...metadata, name } });
  };
}

/** Changes `spec` of an object; the returned function puts the old one back. */
export function changeSpec(
  world: World,
  place: Place,
  at: { readonly namespace: string; readonly name: string },
  change: (spec: unknown) => unknown,
): () => void {
  const write = (spec: (object: KubeObject) => unknown) =>
    world.infra.objects.as("kubectl-edit").patch(place, at.namespace, at.name, (object) => {
      object["spec"] = spec(object);
    });
  let before: unknown;
  write((object) => {
    before = structuredClone(object["spec"]);
    return change(object["spec"]);
  });
  return () => write(() => before);
}
