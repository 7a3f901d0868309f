import { admissionTo } from "../../kubernetes/admission-policies.ts";
import { applyObject } from "../../kubernetes/apply-object.ts";
import { appliedTo } from "../../kubernetes/managed-fields/apply.ts";
import { union } from "../../kubernetes/managed-fields/field-set.ts";
import type { ManagedFields } from "../../kubernetes/managed-fields/ownership.ts";
import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { apiVersionOf, type ResourceType, servedResources } from "../../kubernetes/resources.ts";
import { ApiStatus } from "../../kubernetes/status.ts";
import { applyObject as writeObject } from "../manifests.ts";

/** Kinds that others live in or are of: applied before everything else. */
const first = ["CustomResourceDefinition", "Namespace"];

/**
 * Applies as Flux does: definitions and namespaces first, then the rest; before each of the two everything in it is
 * tried as a dry-run, and when one is refused nothing of it is applied. What others own of an object is taken over where Git sets it, and
 * stays where Git does not, but for what somebody has put there with kubectl.
 * Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
 *
 * @throws Error with Flux's words: which object the API server refuses, and why
 */
export function applyAll(store: ObjectStore, objects: readonly KubeObject[]): void {
  const stages = [true, false].map((early) => objects.filter(({ kind }) => first.includes(kind) === early));
  for (const stage of stages) {
    for (const object of stage) applyOne(store, object, true);
    for (const object of stage) applyOne(store, object, false);
  }
}

/** As whom it applies. */
export const fieldManager = "kustomize-controller";
const controller = { token: "", name: "system:serviceaccount:flux-system:kustomize-controller", groups: [] };

function applyOne(store: ObjectStore, object: KubeObject, dryRun: boolean): void {
  const type = servedType(store, object);
  if (type === undefined) {
    const words = `no matches for kind "${object.kind}" in version "${object.apiVersion}"`;
    throw new Error(`${pathOf(object)} dry-run failed: ${words}`);
  }
  const { namespace, name } = object.metadata;
  const admit = admissionTo(store, { user: controller, type, subresource: undefined, dryRun });
  const writer = { manager: fieldManager, subresource: "" };
  const options = { dryRun, fieldValidation: "Strict", warn: () => undefined, admit, writer, force: true } as const;
  try {
    if (!dryRun) takeOverFromPeople(store, type, object);
    applyObject(store, { type, namespace, name }, object, options);
  } catch (error) {
    if (!(error instanceof ApiStatus)) throw error;
    throw new Error(`${pathOf(object)} dry-run failed (${error.reason}): ${error.message}`, { cause: error });
  }
}

/** As Flux leaves it, but for its labels, and without the API server's checks: for a world in which it does not run. */
export function applyAsFlux(store: ObjectStore, object: KubeObject): void {
  const type = servedType(store, object);
  if (type === undefined) throw new Error(`the cluster serves no ${object.kind} in ${object.apiVersion}`);
  const live = store.get(type, object.metadata.namespace, object.metadata.name);
  const shown = live === undefined ? undefined : store.shown(type, live);
  const applier = { manager: fieldManager, force: true, subresource: "" };
  writeObject(store.as(undefined), appliedTo(shown, object, store.topology(type, object), applier));
}

/** Flux counts what somebody has written with kubectl as applied by itself, so that what Git does not have of it goes. */
function takeOverFromPeople(store: ObjectStore, type: ResourceType, { metadata }: KubeObject): void {
  const live = store.get(type, metadata.namespace, metadata.name);
  if (live === undefined) return;
  const { managedFields: entries = [] } = store.shown(type, live).metadata;
  const people = entries.filter(isOfPeople);
  const [first] = people;
  if (first === undefined) return;
  const own = entries.find(({ manager, operation }) => manager === fieldManager && operation === "Apply");
  const fieldsV1 = people.reduce((all, one) => union(all, one.fieldsV1) ?? all, own?.fieldsV1 ?? first.fieldsV1);
  const { apiVersion } = live;
  const taken: ManagedFields = {
    manager: fieldManager,
    operation: "Apply",
    apiVersion,
    ...(own?.time === undefined ? {} : { time: own.time }),
    fieldsType: "FieldsV1",
    fieldsV1,
  };
  const managedFields = [taken, ...entries.filter((entry) => entry !== own && !people.includes(entry))];
  store.as(undefined).update(type, { ...live, metadata: { ...live.metadata, managedFields } });
}

function isOfPeople({ manager, subresource }: ManagedFields): boolean {
  return subresource === undefined && (manager.startsWith("kubectl") || manager === "before-first-apply");
}

/** Deletes an object that is no longer in Git, unless it says that it is to be kept or is another owner's by now. */
export function prune(store: ObjectStore, object: KubeObject, owner: string): void {
  const { namespace, name } = object.metadata;
  const type = servedType(store, object);
  const live = type === undefined ? undefined : store.get(type, namespace, name);
  if (type === undefined || live?.metadata.labels?.[ownerLabel] !== owner) return;
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
