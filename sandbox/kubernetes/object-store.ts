import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { History, type StoreEvent } from "./history.ts";
import { type KubeObject, orderOf, type Place, samePlace } from "./kube-object.ts";
import { afterUpdate, type ManagedFields, sameEntries, type Writer } from "./managed-fields/ownership.ts";
import { type Topology, topologyOf } from "./managed-fields/topology.ts";
import { orphansOf } from "./orphans.ts";
import { alreadyExists, mustMean, notFound } from "./refusals.ts";
import { fromDefinition } from "./resources.ts";

export type { KubeObject, Place } from "./kube-object.ts";

interface Entry {
  readonly place: Place;
  readonly object: KubeObject;
  /** Kept beside the object, because only clients ask for them. */
  readonly owners: readonly ManagedFields[];
}

const definitions: Place = { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" };

interface StoreOptions {
  readonly eventWindow?: number;
  readonly entries?: Map<string, Entry>;
  readonly history?: History;
  readonly writer?: Writer | undefined;
}

/**
 * The objects of one simulated cluster, with the rules every kind shares: optimistic locking, uids, generations, finalizers, managed
 * fields, garbage collection by owner.
 */
export class ObjectStore {
  private readonly entries: Map<string, Entry>;
  private readonly writer: Writer | undefined;
  readonly history: History;

  constructor(options: StoreOptions = {}) {
    this.entries = options.entries ?? new Map();
    this.history = options.history ?? new History(options.eventWindow ?? 2_000);
    this.writer = options.writer;
  }

  /**
   * The same objects, for somebody who becomes the manager of the fields that he writes. What is written without a name is the API
   * server's own doing, such as the address of a Service: it has no manager.
   */
  as(writer: Writer | string | undefined): ObjectStore {
    const { entries, history } = this;
    return new ObjectStore({ entries, history, writer: typeof writer === "string" ? { manager: writer } : writer });
  }

  get resourceVersion(): number {
    return this.history.resourceVersion;
  }

  onChange(listener: (event: StoreEvent) => void): () => void {
    return this.history.onChange(listener);
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

  /** An object of the store as clients are shown it: with its managed fields. */
  shown(place: Place, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    return withOwners(object, this.entries.get(key(place, namespace, name))?.owners ?? []);
  }

  /** Throws 409 AlreadyExists. What the object says of its managed fields counts as theirs so far. */
  create(place: Place, object: KubeObject): KubeObject {
    const { managedFields = [], ...metadata } = object.metadata;
    if (this.entries.has(key(place, metadata.namespace, metadata.name))) throw alreadyExists(place, metadata.name);
    const stored = structuredClone({ ...object, metadata });
    delete stored.metadata.deletionTimestamp;
    Object.assign(stored.metadata, { uid: randomUUID(), generation: 1, creationTimestamp: now() });
    return this.write("ADDED", { place, object: stored, owners: this.ownersAfter(place, managedFields, stored) });
  }

  /** Throws 404, and 409 Conflict when the object carries another resourceVersion than the stored one. Managed fields as in `create`. */
  update(place: Place, object: KubeObject): KubeObject {
    const { managedFields, ...metadata } = object.metadata;
    const entry = this.entries.get(key(place, metadata.namespace, metadata.name));
    if (entry === undefined) throw notFound(place, metadata.name);
    const before = entry.object;
    mustMean(place, metadata, before.metadata);
    const after: KubeObject = structuredClone({ ...object, metadata });
    const { uid, creationTimestamp, deletionTimestamp, generation = 1 } = before.metadata;
    Object.assign(after.metadata, { uid, creationTimestamp, resourceVersion: before.metadata.resourceVersion });
    // Only a delete may set this, and nothing may take it back.
    if (deletionTimestamp === undefined) delete after.metadata.deletionTimestamp;
    else after.metadata.deletionTimestamp = deletionTimestamp;
    const { status: _a, metadata: _b, ...specAfter } = after;
    const { status: _c, metadata: _d, ...specBefore } = before;
    after.metadata.generation = isDeepStrictEqual(specAfter, specBefore) ? generation : generation + 1;
    const said = managedFields ?? entry.owners;
    const isSame = isDeepStrictEqual(after, before);
    if (isSame && sameEntries(said, entry.owners)) return this.shown(place, structuredClone(before));
    const owners = isSame ? said : this.ownersAfter(place, said, after, before);
    if (deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0)
      return this.erase(place, after, owners);
    return this.write("MODIFIED", { place, object: after, owners }, before);
  }

  /** Marks for deletion while finalizers hold it, else removes it and what it owns. Throws 404. */
  remove(place: Place, namespace: string | undefined, name: string): KubeObject {
    const entry = this.entries.get(key(place, namespace, name));
    if (entry === undefined) throw notFound(place, name);
    const object = structuredClone(entry.object);
    if ((object.metadata.finalizers ?? []).length === 0) return this.erase(place, object, entry.owners);
    if (object.metadata.deletionTimestamp !== undefined) return this.shown(place, object);
    object.metadata.deletionTimestamp = now();
    return this.write("MODIFIED", { ...entry, object }, entry.object);
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
    const history = new History(0, this.resourceVersion);
    return new ObjectStore({ entries: new Map(this.entries), history, writer: this.writer });
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

  private erase(place: Place, object: KubeObject, owners: Entry["owners"]): KubeObject {
    const { namespace, name } = object.metadata;
    const before = this.entries.get(key(place, namespace, name))?.object;
    this.entries.delete(key(place, namespace, name));
    const removed = this.record("DELETED", { place, object, owners }, before);
    for (const orphan of orphansOf(this.entries.values(), { place, object })) {
      const { metadata } = orphan.object;
      // An earlier removal of the same sweep may have taken this one as well.
      if (this.entries.has(key(orphan.place, metadata.namespace, metadata.name)))
        this.remove(orphan.place, metadata.namespace, metadata.name);
    }
    return removed;
  }

  private write(type: StoreEvent["type"], entry: Entry, before?: KubeObject): KubeObject {
    const { namespace, name } = entry.object.metadata;
    this.entries.set(key(entry.place, namespace, name), entry);
    return this.record(type, entry, before);
  }

  private record(type: StoreEvent["type"], { place, object, owners }: Entry, before?: KubeObject): KubeObject {
    const resourceVersion = this.history.next();
    object.metadata.resourceVersion = String(resourceVersion);
    const shown = () => withOwners(structuredClone(object), owners);
    this.history.record({ type, place, object: shown(), before, resourceVersion });
    return shown();
  }

  private ownersAfter(
    place: Place,
    owners: readonly ManagedFields[],
    after: KubeObject,
    before?: KubeObject,
  ): readonly ManagedFields[] {
    if (this.writer === undefined) return owners;
    return afterUpdate(owners, { before, after, topology: this.topology(place, after) }, this.writer);
  }

  /** How the fields of a kind are owned. */
  topology(place: Place, { apiVersion }: Pick<KubeObject, "apiVersion">): Topology {
    const definition = this.entries.get(key(definitions, undefined, `${place.plural}.${place.group}`))?.object;
    if (definition === undefined) return topologyOf("built-in");
    const version = apiVersion.split("/").at(-1);
    return topologyOf(fromDefinition(definition).find((one) => one.version === version)?.schema ?? {});
  }
}

function withOwners(object: KubeObject, owners: readonly ManagedFields[]): KubeObject {
  return owners.length === 0 ? object : { ...object, metadata: { ...object.metadata, managedFields: owners } };
}

function key(place: Place, namespace: string | undefined, name: string): string {
  return `${place.group}/${place.plural}/${namespace ?? ""}/${name}`;
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
