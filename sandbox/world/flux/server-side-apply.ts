import { isDeepStrictEqual } from "node:util";
import { identityOf } from "../../gitops/objects.ts";
import { admissionTo } from "../../kubernetes/admission-policies.ts";
import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { createObject, updateObject } from "../../kubernetes/objects.ts";
import { apiVersionOf, type ResourceType, servedResources } from "../../kubernetes/resources.ts";
import { ApiStatus } from "../../kubernetes/status.ts";
import { record } from "../views.ts";

/** What Flux applied last to a cluster, by identity: what is in there and no longer wanted is taken away. */
export type Applied = Map<string, KubeObject>;

/** Kinds that others live in or are of: applied before everything else. */
const first = ["CustomResourceDefinition", "Namespace"];

/**
 * Applies as Flux does: definitions and namespaces first, then the rest; before each of the two everything in it is
 * tried as a dry-run, and when one is refused nothing of it is applied. Fields that others own stay as they are.
 *
 * @throws Error with Flux's words: which object the API server refuses, and why
 */
export function applyAll(store: ObjectStore, objects: readonly KubeObject[], applied: Applied): void {
  const stages = [true, false].map((early) => objects.filter(({ kind }) => first.includes(kind) === early));
  for (const stage of stages) {
    for (const object of stage) applyOne(store, object, applied, true);
    for (const object of stage) applyOne(store, object, applied, false);
  }
}

const controller = { token: "", name: "system:serviceaccount:flux-system:kustomize-controller", groups: [] };

function applyOne(store: ObjectStore, object: KubeObject, applied: Applied, dryRun: boolean): void {
  const type = servedType(store, object);
  if (type === undefined) {
    const words = `no matches for kind "${object.kind}" in version "${object.apiVersion}"`;
    throw new Error(`${pathOf(object)} dry-run failed: ${words}`);
  }
  const { namespace, name } = object.metadata;
  const admit = admissionTo(store, { user: controller, type, subresource: undefined, dryRun });
  const options = { dryRun, fieldValidation: "Strict", warn: () => undefined, admit } as const;
  try {
    const live = store.get(type, namespace, name);
    if (live === undefined) createObject(store, { type, namespace, name: undefined }, object, options);
    else {
      const after = merged(record(live), record(applied.get(identityOf(object))), object);
      if (!isDeepStrictEqual(after, live)) updateObject(store, { type, namespace, name }, undefined, after, options);
    }
  } catch (error) {
    if (!(error instanceof ApiStatus)) throw error;
    throw new Error(`${pathOf(object)} dry-run failed (${error.reason}): ${error.message}`, { cause: error });
  }
  if (!dryRun) applied.set(identityOf(object), structuredClone(object));
}

/** Deletes an object that is no longer in Git, unless it says that it is to be kept or is another owner's by now. */
export function prune(store: ObjectStore, object: KubeObject, owner: string, applied: Applied): void {
  const { namespace, name } = object.metadata;
  const type = servedType(store, object);
  const live = type === undefined ? undefined : store.get(type, namespace, name);
  if (type === undefined || live?.metadata.labels?.[ownerLabel] !== owner) return;
  applied.delete(identityOf(object));
  if (live.metadata.annotations?.["kustomize.toolkit.fluxcd.io/prune"] === "disabled") return;
  store.remove(type, namespace, name);
}

const ownerLabel = "kustomize.toolkit.fluxcd.io/name";

/** The object with the labels by which Flux knows its own. */
export function owned(object: KubeObject, owner: { readonly name: string; readonly namespace: string }): KubeObject {
  const labels = {
    ...object.metadata.labels,
    [ownerLabel]: owner.name,
    "kustomize.toolkit.fluxcd.io/namespace": owner.namespace,
  };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** `Dragonfly/dragonfly-system/dragonfly`: as Flux names an object. */
export function pathOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return [kind, namespace, name].filter((part) => part !== undefined).join("/");
}

export function servedType(
  store: ObjectStore,
  object: Pick<KubeObject, "apiVersion" | "kind">,
): ResourceType | undefined {
  return servedResources(store).find((type) => type.kind === object.kind && apiVersionOf(type) === object.apiVersion);
}

type Fields = Readonly<Record<string, unknown>>;

/** Three-way: what is wanted over what is there, less what was wanted before and is no more. Lists are replaced. */
function merged(live: Fields, before: Fields, wanted: Fields): Fields {
  const result: Record<string, unknown> = { ...live };
  for (const key of Object.keys(before)) if (!Object.hasOwn(wanted, key)) delete result[key];
  for (const [key, value] of Object.entries(wanted)) {
    const deep = isMap(value) && isMap(result[key]);
    result[key] = deep ? merged(record(result[key]), record(before[key]), record(value)) : structuredClone(value);
  }
  return result;
}

function isMap(value: unknown): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
