import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { apiError } from "./status.ts";

export interface KubeMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: {
    readonly uid: string;
    readonly kind: string;
    readonly name: string;
    readonly apiVersion: string;
    readonly controller?: boolean;
  }[];
}

/** Any Kubernetes object. What is inside is the business of whoever wrote it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
  [key: string]: unknown;
}

/** Where an object is kept: its resource's group and plural. */
export interface Place {
  readonly group: string;
  readonly plural: string;
}

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly place: Place;
  readonly object: KubeObject;
  /** What it was before, so that a watch can tell what began or ceased to match its selector. */
  readonly before: KubeObject | undefined;
  readonly resourceVersion: number;
}

interface Entry {
  readonly place: Place;
  object: KubeObject;
}

/**
 * The objects of one simulated cluster, with the rules every kind shares: one growing resourceVersion, optimistic
 * locking, uids, generations, finalizers, garbage collection by owner, and a window of past events for watches.
 */
export class ObjectStore {
  private version = 1000;
  private readonly entries = new Map<string, Entry>();
  private readonly events: StoreEvent[] = [];
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private readonly window: number;

  constructor(options: { readonly eventWindow?: number } = {}) {
    this.window = options.eventWindow ?? 2_000;
  }

  get resourceVersion(): number {
    return this.version;
  }

  /** The oldest resourceVersion a watch may still start from. */
  get oldestWatchable(): number {
    return this.events.length < this.window ? 0 : (this.events[0]?.resourceVersion ?? 0);
  }

  eventsSince(version: number): readonly StoreEvent[] {
    return this.events.filter((event) => event.resourceVersion > version);
  }

  onChange(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get(place: Place, namespace: string | undefined, name: string): KubeObject | undefined {
    const entry = this.entries.get(key(place, namespace, name));
    return entry === undefined ? undefined : structuredClone(entry.object);
  }

  list(place: Place, namespace?: string): readonly KubeObject[] {
    return [...this.entries.values()]
      .filter(
        (entry) =>
          samePlace(entry.place, place) && (namespace === undefined || entry.object.metadata.namespace === namespace),
      )
      .map((entry) => structuredClone(entry.object))
      .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  /** Throws 409 AlreadyExists. */
  create(place: Place, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    if (this.entries.has(key(place, namespace, name)))
      throw apiError(409, "AlreadyExists", `${describe(place)} "${name}" already exists`, detailsOf(place, name));
    const stored = structuredClone(object);
    delete stored.metadata.deletionTimestamp;
    Object.assign(stored.metadata, { uid: randomUUID(), generation: 1, creationTimestamp: now() });
    return this.write("ADDED", place, stored);
  }

  /** Throws 404, and 409 Conflict when the object carries another resourceVersion than the stored one. */
  update(place: Place, object: KubeObject): KubeObject {
    const { namespace, name, resourceVersion, uid: claimed } = object.metadata;
    const before = this.entries.get(key(place, namespace, name))?.object;
    if (before === undefined) throw notFound(place, name);
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw apiError(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${describe(place)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        detailsOf(place, name),
      );
    }
    if (claimed !== undefined && claimed !== before.metadata.uid) {
      throw apiError(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${describe(place)} "${name}": Precondition failed: UID in precondition: ${claimed}, UID in object meta: ${before.metadata.uid}`,
        detailsOf(place, name),
      );
    }
    const after = structuredClone(object);
    const { uid, creationTimestamp, deletionTimestamp, generation = 1 } = before.metadata;
    Object.assign(after.metadata, { uid, creationTimestamp, resourceVersion: before.metadata.resourceVersion });
    // Only a delete may set this, and nothing may take it back.
    if (deletionTimestamp === undefined) delete after.metadata.deletionTimestamp;
    else after.metadata.deletionTimestamp = deletionTimestamp;
    const { status: _a, metadata: _b, ...specAfter } = after;
    const { status: _c, metadata: _d, ...specBefore } = before;
    after.metadata.generation = isDeepStrictEqual(specAfter, specBefore) ? generation : generation + 1;
    if (isDeepStrictEqual(after, before)) return structuredClone(before);
    if (deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0)
      return this.erase(place, after);
    return this.write("MODIFIED", place, after, before);
  }

  /** Marks for deletion while finalizers hold it, else removes it and what it owns. Throws 404. */
  remove(place: Place, namespace: string | undefined, name: string): KubeObject {
    const entry = this.entries.get(key(place, namespace, name));
    if (entry === undefined) throw notFound(place, name);
    if ((entry.object.metadata.finalizers ?? []).length === 0) return this.erase(place, structuredClone(entry.object));
    if (entry.object.metadata.deletionTimestamp !== undefined) return structuredClone(entry.object);
    const marked = structuredClone(entry.object);
    marked.metadata.deletionTimestamp = now();
    return this.write("MODIFIED", place, marked, entry.object);
  }

  /** Create or replace, status included, without locking: for controllers inside the world. */
  apply(place: Place, object: KubeObject): KubeObject {
    const before = this.get(place, object.metadata.namespace, object.metadata.name);
    if (before === undefined) return this.create(place, object);
    const { resourceVersion: _, ...metadata } = object.metadata;
    return this.update(place, { ...object, metadata: { ...metadata, name: object.metadata.name } });
  }

  /** Changes an object in place if it is there; for controllers inside the world. */
  patch(place: Place, namespace: string | undefined, name: string, change: (object: KubeObject) => void): void {
    const object = this.get(place, namespace, name);
    if (object === undefined) return;
    change(object);
    this.update(place, object);
  }

  /** A copy to try a write on (`dryRun`): nobody hears of what happens to it. */
  rehearsal(): ObjectStore {
    const copy = new ObjectStore();
    copy.version = this.version;
    for (const [at, entry] of this.entries) copy.entries.set(at, { ...entry });
    return copy;
  }

  /** What the object owns stays when it goes. */
  disown(owner: string | undefined): void {
    for (const { place, object } of [...this.entries.values()]) {
      const owners = object.metadata.ownerReferences ?? [];
      if (!owners.some(({ uid }) => uid === owner)) continue;
      this.patch(place, object.metadata.namespace, object.metadata.name, ({ metadata }) => {
        metadata.ownerReferences = owners.filter(({ uid }) => uid !== owner);
      });
    }
  }

  private erase(place: Place, object: KubeObject): KubeObject {
    const { namespace, name, uid } = object.metadata;
    const before = this.entries.get(key(place, namespace, name))?.object;
    this.entries.delete(key(place, namespace, name));
    const removed = this.emit("DELETED", place, object, before);
    this.collect(uid);
    if (samePlace(place, { group: "", plural: "namespaces" })) this.empty(name);
    return removed;
  }

  /** What the removed object owned goes too, unless another owner is still there. */
  private collect(owner: string | undefined): void {
    const alive = new Set([...this.entries.values()].map((entry) => entry.object.metadata.uid));
    for (const { place, object } of [...this.entries.values()]) {
      const owners = object.metadata.ownerReferences ?? [];
      if (owners.some(({ uid }) => uid === owner) && !owners.some(({ uid }) => alive.has(uid)))
        this.removeIfThere(place, object);
    }
  }

  /** A namespace takes all that is in it along. */
  private empty(namespace: string): void {
    for (const { place, object } of [...this.entries.values()])
      if (object.metadata.namespace === namespace) this.removeIfThere(place, object);
  }

  /** An earlier removal of the same sweep may have taken this one as well. */
  private removeIfThere(place: Place, { metadata }: KubeObject): void {
    if (this.entries.has(key(place, metadata.namespace, metadata.name)))
      this.remove(place, metadata.namespace, metadata.name);
  }

  private write(type: StoreEvent["type"], place: Place, object: KubeObject, before?: KubeObject): KubeObject {
    this.entries.set(key(place, object.metadata.namespace, object.metadata.name), { place, object });
    return this.emit(type, place, object, before);
  }

  private emit(type: StoreEvent["type"], place: Place, object: KubeObject, before: KubeObject | undefined): KubeObject {
    this.version += 1;
    object.metadata.resourceVersion = String(this.version);
    const event: StoreEvent = {
      type,
      place,
      object: structuredClone(object),
      before,
      resourceVersion: this.version,
    };
    this.events.push(event);
    if (this.events.length > this.window) this.events.shift();
    for (const listener of this.listeners) listener(event);
    return structuredClone(object);
  }
}

export function samePlace(a: Place, b: Place): boolean {
  return a.group === b.group && a.plural === b.plural;
}

/** `pods`, `deployments.apps`: as the real server's messages name a resource. */
export function describe(place: Place): string {
  return place.group === "" ? place.plural : `${place.plural}.${place.group}`;
}

export function notFound(place: Place, name: string) {
  return apiError(404, "NotFound", `${describe(place)} "${name}" not found`, detailsOf(place, name));
}

/** What a Status says of the object it is about. */
export function detailsOf(place: Place, name: string): Readonly<Record<string, string>> {
  return { name, ...(place.group === "" ? {} : { group: place.group }), kind: place.plural };
}

/** Where an object stands in a list; by code point, as etcd sorts. */
export function orderOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function key(place: Place, namespace: string | undefined, name: string): string {
  return `${place.group}/${place.plural}/${namespace ?? ""}/${name}`;
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
