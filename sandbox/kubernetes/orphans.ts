import { type KubeObject, type Place, samePlace } from "./kube-object.ts";

interface Stored {
  readonly place: Place;
  readonly object: KubeObject;
}

const namespaces: Place = { group: "", plural: "namespaces" };

/** What goes with an object that is gone: what it owned, unless another owner is still there, and of a namespace all that is in it. */
export function orphansOf(entries: Iterable<Stored>, { place, object: gone }: Stored): readonly Stored[] {
  const all = [...entries];
  const alive = new Set(all.map(({ object }) => object.metadata.uid));
  const owned = all.filter(({ object }) => {
    const owners = object.metadata.ownerReferences ?? [];
    return owners.some(({ uid }) => uid === gone.metadata.uid) && !owners.some(({ uid }) => alive.has(uid));
  });
  if (!samePlace(place, namespaces)) return owned;
  return [...owned, ...all.filter(({ object }) => object.metadata.namespace === gone.metadata.name)];
}
