import { isDeepStrictEqual } from "node:util";
import { differenceOf } from "./compare.ts";
import { type FieldSet, type Fields, union, without } from "./field-set.ts";
import type { Topology } from "./topology.ts";

/** An entry of `metadata.managedFields`. Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

/** Who writes. */
export interface Writer {
  readonly manager: string;
  /** `status` for example, empty for the object; undefined: the status as such, and what else changes as well. */
  readonly subresource?: string;
}

type Content = Readonly<Record<string, unknown>> & { readonly metadata?: object };

/** What the server keeps of every object has no owners. */
const serversOwn = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "managedFields",
  "selfLink",
];

/** The part of an object that is owned. */
export function ownable(object: Content): Content {
  const { apiVersion: _, kind: __, metadata, ...content } = object;
  const owned = Object.entries(metadata ?? {}).filter(([key]) => !serversOwn.includes(key));
  return { metadata: Object.fromEntries(owned), ...content };
}

export interface Change {
  /** Undefined: it is new. */
  readonly before: Content | undefined;
  readonly after: Content & { readonly apiVersion: string };
  readonly topology: Topology;
}

/**
 * The entries after a write that is no apply: who writes takes over what he changes. An object that has none, because nobody who
 * is known made it, goes on without, until somebody applies it.
 */
export function afterUpdate(
  entries: readonly ManagedFields[],
  change: Change,
  writer: Writer,
): readonly ManagedFields[] {
  const { before, after } = change;
  if (before !== undefined && entries.length === 0) return entries;
  const [old, now] = [before === undefined ? emptyOf(after) : ownable(before), ownable(after)];
  const { manager, subresource } = writer;
  if (subresource !== undefined) return taken(entries, { ...change, old, now }, { manager, subresource });
  const [{ status: oldStatus, ...oldRest }, { status, ...rest }] = [old, now];
  const ofObject = taken(entries, { ...change, old: oldRest, now: rest }, { manager, subresource: "" });
  // The status that an object is made with is the server's.
  if (before === undefined) return ofObject;
  return taken(
    ofObject,
    { ...change, old: { status: oldStatus }, now: { status } },
    { manager, subresource: "status" },
  );
}

/** What is there of a new object before anybody has written it: of a built-in kind the structs that it always has. */
function emptyOf({ apiVersion, metadata: _, ...content }: Change["after"]): Content {
  const isBuiltIn = /^v1$|^(apps|policy)\/|\.k8s\.io\//.test(apiVersion);
  const containers: readonly unknown[] = [];
  const spec = { containers, template: { metadata: {}, spec: { containers } }, strategy: {}, updateStrategy: {} };
  return { metadata: {}, ...(isBuiltIn && "spec" in content ? { spec } : {}) };
}

function taken(
  entries: readonly ManagedFields[],
  { after, topology, old, now }: Change & { readonly old: Content; readonly now: Content },
  { manager, subresource }: Required<Writer>,
): readonly ManagedFields[] {
  const { changed, removed } = differenceOf(old, now, topology);
  if (changed === undefined && removed === undefined) return entries;
  const { apiVersion } = after;
  const own = { manager, operation: "Update", apiVersion, ...(subresource === "" ? {} : { subresource }) } as const;
  const lost = union(changed, removed);
  const left = entries.flatMap((entry) => entryWith(entry, without(entry.fieldsV1, lost)));
  const mine = left.find((entry) => isSameManager(entry, own));
  const others = left.filter((entry) => entry !== mine);
  // A time is that of the last value that was set: taking away alone sets none.
  const time = changed === undefined ? mine?.time : timeNow();
  return inOrder([...others, ...entryWith({ ...own, time }, union(mine?.fieldsV1, changed))]);
}

export function isSameManager(a: Omit<ManagedFields, "fieldsV1" | "fieldsType">, b: typeof a): boolean {
  return (["manager", "operation", "apiVersion", "subresource"] as const).every((key) => a[key] === b[key]);
}

/** The entry with these fields, or none where it has no fields any more. */
export function entryWith(
  { manager, operation, apiVersion, time, subresource }: Identity,
  fields: Fields,
): readonly ManagedFields[] {
  if (fields === undefined) return [];
  return [
    {
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: "FieldsV1",
      fieldsV1: fields,
      ...(subresource === undefined ? {} : { subresource }),
    },
  ];
}

type Identity = Pick<ManagedFields, "manager" | "operation" | "apiVersion"> & {
  readonly time?: string | undefined;
  readonly subresource?: string | undefined;
};

/** As the server sorts them: those who apply first, then by time and name. */
export function inOrder(entries: readonly ManagedFields[]): readonly ManagedFields[] {
  const key = ({ operation, time = "", manager, apiVersion, subresource = "" }: ManagedFields) =>
    [operation, time, manager, apiVersion, subresource].join("\n");
  return entries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

export function sameEntries(a: readonly ManagedFields[], b: readonly ManagedFields[]): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

export function timeNow(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
