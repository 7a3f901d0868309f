import { isDeepStrictEqual } from "node:util";
import type { AlertmanagerProcess } from "../../../../sandbox/alertmanager/alertmanager.ts";
import type { KubeObject, ObjectStore, Place } from "../../../../sandbox/kubernetes/object-store.ts";
import { places } from "../../../../sandbox/world/places.ts";
import { listViews, podView } from "../../../../sandbox/world/views.ts";
import { instance, type World } from "../../../../sandbox/world/world.ts";

/** One thing that is not as it should be, and the checks that must say so: these and no others. */
export interface Mutation {
  readonly name: string;
  readonly red: readonly string[];
  /**
   * It changes what somebody meets on the way to the instance, or an alert on the way to the bot, so that is tried, too. All others
   * change what is read, and are looked at without: a probe costs seconds.
   */
  readonly tried?: boolean;
  /** The returned function takes back what is not an object of a cluster. */
  make(
    world: World,
    alertmanager: AlertmanagerProcess,
  ): void | Promise<void> | (() => Promise<unknown>) | Promise<() => Promise<unknown>>;
}

/** Whether a check is made by doing something, not by reading: without probes it is unknown. */
export function isTried(id: string): boolean {
  return /^(?:ac3\.[^.]+\.connects|ac4\.enforced|ac5\.webhook)$/.test(id);
}

type Path = readonly (string | number)[];

/** Puts a value into an object, or takes it out with `undefined`. */
export function put(object: unknown, path: Path, value: unknown): void {
  const [key, ...rest] = path;
  if (typeof object !== "object" || object === null || key === undefined) throw new Error(`no ${path.join(".")}`);
  const there: unknown = Reflect.get(object, key);
  if (rest.length > 0) {
    if (there === undefined) Reflect.set(object, key, {});
    put(Reflect.get(object, key), rest, value);
  } else if (value === undefined) {
    if (!Reflect.has(object, key)) throw new Error(`${String(key)} is not there, so nothing is changed`);
    if (Array.isArray(object)) object.splice(Number(key), 1);
    else Reflect.deleteProperty(object, key);
  } else {
    if (isDeepStrictEqual(there, value)) throw new Error(`${String(key)} is that already, so nothing is changed`);
    Reflect.set(object, key, value);
  }
}

export interface Where {
  readonly cluster: "infra" | "apps";
  readonly place: Place;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** An object of the infra cluster; of the instance's namespace, unless another one is given. */
export function of(
  place: Place,
  name: string,
  more: { readonly cluster?: "apps"; readonly namespace?: string | undefined } = {},
): Where {
  const namespace = "namespace" in more ? more.namespace : instance.namespace;
  return { cluster: more.cluster ?? "infra", place, namespace, name };
}

/** The same, with connections tried. */
export function tried(mutation: Mutation, ...more: readonly string[]): Mutation {
  return { ...mutation, red: [...mutation.red, ...more], tried: true };
}

/** One field of one object. */
export function changed(name: string, where: Where, path: Path, value: unknown, ...red: readonly string[]): Mutation {
  return edited(name, where, (object) => put(object, path, value), ...red);
}

/** An object that must be there: a mutation of nothing would be one that no check can miss. */
function found(world: World, { cluster, place, namespace, name }: Where): KubeObject {
  const object = world[cluster].objects.get(place, namespace, name);
  if (object === undefined) throw new Error(`no ${name}`);
  return object;
}

export function edited(
  name: string,
  where: Where,
  edit: (object: KubeObject) => void,
  ...red: readonly string[]
): Mutation {
  return {
    name,
    red,
    make: (world) => {
      found(world, where);
      world[where.cluster].objects.patch(where.place, where.namespace, where.name, edit);
    },
  };
}

export function gone(name: string, where: Where, ...red: readonly string[]): Mutation {
  const make = (world: World) => {
    found(world, where);
    world[where.cluster].objects.remove(where.place, where.namespace, where.name);
  };
  return { name, red, make };
}

/** Another object made from one that is there. */
export function copied(
  name: string,
  where: Where,
  edit: (object: KubeObject) => void,
  ...red: readonly string[]
): Mutation {
  return {
    name,
    red,
    make: (world) => {
      const original = found(world, where);
      const { uid: _, resourceVersion: __, ownerReferences: ___, ...metadata } = original.metadata;
      const copy = { ...original, metadata: { ...metadata, name: `${where.name}-copy` } };
      edit(copy);
      world[where.cluster].objects.create(where.place, copy);
    },
  };
}

/** Something more, which Git has never had. */
export function created(name: string, place: Place, object: KubeObject, ...red: readonly string[]): Mutation {
  return { name, red, make: ({ infra }) => void infra.objects.create(place, object) };
}

/** The pods with a role's label. */
export const podsOf = (world: World, role: string) =>
  listViews(world.infra.objects, places.pods, podView, instance.namespace).filter(
    ({ metadata }) => metadata.labels["role"] === role,
  );

/** A change of the first pod of a role, whichever that is. */
export function podChanged(
  name: string,
  role: "master" | "replica",
  edit: (object: Record<string, unknown>) => void,
  ...red: readonly string[]
): Mutation {
  return {
    name,
    red,
    make: (world) => {
      const pod = podsOf(world, role)[0]?.metadata.name ?? "";
      world.infra.objects.patch(places.pods, instance.namespace, pod, edit);
    },
  };
}

const kept: readonly Place[] = [
  ...Object.values(places).filter((place) => place !== places.events),
  { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" },
];

/** Remembers all objects of a cluster; the returned function makes them so again. */
export function remember(objects: ObjectStore): () => void {
  const all = (place: Place) => objects.list(place).map((object) => objects.shown(place, object));
  const before = kept.map((place) => ({ place, list: all(place) }));
  return () => {
    for (const { place, list } of before) {
      const same = (a: KubeObject) => (b: KubeObject) =>
        a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
      for (const now of all(place)) {
        const { namespace, name } = now.metadata;
        const old = list.find(same(now));
        if (old === undefined) objects.remove(place, namespace, name);
        else if (!isDeepStrictEqual(content(old), content(now))) {
          objects.patch(place, namespace, name, (object) => {
            for (const key of Object.keys(object)) if (key !== "metadata") Reflect.deleteProperty(object, key);
            const { metadata, ...rest } = content(old);
            Object.assign(object, rest, { metadata: { ...object.metadata, ...metadata } });
          });
        }
      }
      const left = objects.list(place);
      for (const old of list) if (!left.some(same(old))) objects.create(place, old);
    }
  };
}

function content({ metadata, ...rest }: KubeObject) {
  const { labels, annotations, finalizers, managedFields = [] } = metadata;
  return { ...rest, metadata: { labels, annotations, finalizers, managedFields } };
}
