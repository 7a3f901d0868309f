import { z } from "zod";
import type { Admit } from "./admission-policies.ts";
import {
  refuseEphemeralOnCreate,
  validateEphemeralContainers,
  withEphemeralContainers,
} from "./ephemeral-containers.ts";
import { listObjects, selection } from "./lists.ts";
import type { KubeObject, ObjectStore } from "./object-store.ts";
import { type At, asNew, encodedSecret, parseObject, type WriteOptions } from "./parse-object.ts";
import { patched } from "./patch.ts";
import { violatesPodSecurity } from "./pod-security.ts";
import { detailsOf, notFound } from "./refusals.ts";
import type { ResourceType } from "./resources.ts";
import { apiError } from "./status.ts";
import { invalid, validate, validateUpdate } from "./validate.ts";

/** The verbs on objects, without HTTP: each returns what the body of the answer is, or throws a Status. */

export function getObject(store: ObjectStore, at: At): KubeObject {
  const name = nameOf(at);
  const object = store.get(at.type, at.namespace, name);
  if (object === undefined) throw notFound(at.type, name);
  return store.shown(at.type, object);
}

/** How a write is to be made, and who may stop it when it is known to be a valid one. */
interface AdmittedWrite extends WriteOptions {
  readonly admit: Admit;
}

export interface CreateOptions extends AdmittedWrite {
  readonly refusesPod?: ((namespace: string, spec: unknown) => string | undefined) | undefined;
}

export function createObject(store: ObjectStore, at: At, body: unknown, options: CreateOptions): KubeObject {
  const { type, namespace } = at;
  const object = parseObject(at, body, options);
  if (object.metadata.resourceVersion !== undefined)
    throw apiError(400, "BadRequest", "resourceVersion should not be set on objects to be created");
  if (type.namespaced) mustTakeObjects(store, type, namespace ?? "", object.metadata.name);
  validate(type, object);
  if (type.kind === "Pod") {
    refuseEphemeralOnCreate(type, object);
    mustTake(type, object, options.refusesPod?.(namespace ?? "", object["spec"]));
    mustTake(type, object, violatesPodSecurity(store, namespace ?? "", object["spec"]));
  }
  options.admit("CREATE", object.metadata.name, object);
  return rehearsed(store, options).create(type, asNew(type, object));
}

function mustTake(type: ResourceType, { metadata: { name } }: KubeObject, refusal: string | undefined): void {
  if (refusal === undefined) return;
  throw apiError(403, "Forbidden", `${type.plural} "${name}" is forbidden: ${refusal}`, detailsOf(type, name));
}

function rehearsed(store: ObjectStore, { dryRun }: Pick<WriteOptions, "dryRun">): ObjectStore {
  return dryRun ? store.rehearsal() : store;
}

function mustTakeObjects(store: ObjectStore, type: ResourceType, namespace: string, name: string): void {
  const namespaces = { group: "", plural: "namespaces" };
  const found = store.get(namespaces, undefined, namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const { kind, ...details } = detailsOf(type, name);
  throw apiError(
    403,
    "Forbidden",
    `${kind} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      ...details,
      kind,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  );
}

export function updateObject(
  store: ObjectStore,
  at: At,
  subresource: string | undefined,
  body: unknown,
  options: AdmittedWrite,
): KubeObject {
  const before = getObject(store, at);
  const object = parseObject(at, body, options);
  mustBeNamed(at, object);
  if (object.metadata.resourceVersion === undefined && isAlwaysLocked(at.type))
    throw invalid(at.type, object.metadata.name, [
      {
        field: "metadata.resourceVersion",
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
      },
    ]);
  return write(store, at, subresource, before, object, options);
}

export function patchObject(
  store: ObjectStore,
  at: At,
  subresource: string | undefined,
  contentType: string,
  body: unknown,
  options: AdmittedWrite,
): KubeObject {
  const before = getObject(store, at);
  const object = parseObject(at, patched(before, contentType, at.type.custom === true, body), options);
  mustBeNamed(at, object);
  return write(store, at, subresource, before, object, options);
}

/** What every change of an object that is there comes to: only its part is written, and only what is valid and admitted. */
export function write(
  store: ObjectStore,
  { type }: Pick<At, "type">,
  subresource: string | undefined,
  before: KubeObject,
  object: KubeObject,
  options: AdmittedWrite,
): KubeObject {
  const after = keepApart(type, subresource, before, type.kind === "Secret" ? encodedSecret(object) : object);
  validate(type, after);
  if (subresource === "ephemeralcontainers") {
    validateEphemeralContainers(type, before, after);
    mustTake(type, after, violatesPodSecurity(store, after.metadata.namespace ?? "", after["spec"]));
  } else validateUpdate(type, before, after);
  options.admit("UPDATE", after.metadata.name, after, before);
  return rehearsed(store, options).update(type, after);
}

function mustBeNamed(at: At, { metadata }: KubeObject): void {
  if (metadata.name !== at.name)
    throw apiError(
      400,
      "BadRequest",
      `the name of the object (${metadata.name}) does not match the name on the URL (${at.name})`,
    );
}

/** Kinds that the server does not overwrite unseen. */
function isAlwaysLocked(type: ResourceType): boolean {
  return type.custom === true || ["Lease", "PodDisruptionBudget", "CustomResourceDefinition"].includes(type.kind);
}

/** A write to the object leaves its status alone, and a write to `status` leaves all else alone. */
function keepApart(
  type: ResourceType,
  subresource: string | undefined,
  before: KubeObject,
  after: KubeObject,
): KubeObject {
  if (subresource === "ephemeralcontainers") return withEphemeralContainers(before, after);
  if (subresource === "status")
    return { ...before, metadata: { ...before.metadata, ...resourceVersionOf(after) }, status: after["status"] };
  if (!type.status) return after;
  const { status: _, ...rest } = after;
  const kept = before["status"] === undefined ? {} : { status: before["status"] };
  return { ...rest, apiVersion: after.apiVersion, kind: after.kind, metadata: after.metadata, ...kept };
}

function resourceVersionOf(object: KubeObject): { resourceVersion?: string } {
  const { resourceVersion } = object.metadata;
  return resourceVersion === undefined ? {} : { resourceVersion };
}

const deleteOptions = z.looseObject({
  preconditions: z.looseObject({ uid: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
  propagationPolicy: z.enum(["Background", "Foreground", "Orphan"]).optional(),
  orphanDependents: z.boolean().optional(),
});

/** Throws 404, and 409 when a precondition of the body does not hold. */
export function deleteObject(
  store: ObjectStore,
  at: At,
  query: URLSearchParams,
  body: unknown,
  { dryRun, admit }: Pick<AdmittedWrite, "dryRun" | "admit">,
): unknown {
  const name = nameOf(at);
  const object = getObject(store, at);
  const parsed = deleteOptions.safeParse(body ?? {});
  if (!parsed.success) throw apiError(400, "BadRequest", `invalid DeleteOptions: ${parsed.error.issues[0]?.message}`);
  const { preconditions, orphanDependents } = parsed.data;
  for (const field of ["uid", "resourceVersion"] as const) {
    const wanted = preconditions?.[field];
    if (wanted !== undefined && wanted !== object.metadata[field])
      throw apiError(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${at.type.plural} "${name}": the ${field} in the precondition (${wanted}) does not match the ${field} in record (${object.metadata[field]}). The object might have been deleted and then recreated`,
        detailsOf(at.type, name),
      );
  }
  admit("DELETE", name, undefined, object);
  const policy = parsed.data.propagationPolicy ?? query.get("propagationPolicy");
  const target = rehearsed(store, { dryRun });
  if (policy === "Orphan" || orphanDependents === true) target.disown(object.metadata.uid);
  const removed = target.remove(at.type, at.namespace, name);
  if (removed.metadata.deletionTimestamp !== undefined) return removed;
  const { uid } = removed.metadata;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { ...detailsOf(at.type, name), uid },
  };
}

/** Removes what a list with the same selectors would show, and returns that list. */
export function deleteCollection(
  store: ObjectStore,
  at: At,
  query: URLSearchParams,
  { dryRun, admit }: Pick<AdmittedWrite, "dryRun" | "admit">,
): unknown {
  const list = listObjects(store, at, query);
  const target = rehearsed(store, { dryRun });
  for (const { metadata } of target.list(at.type, at.namespace).filter(selection(at.type, query))) {
    const object = target.get(at.type, metadata.namespace, metadata.name);
    if (object === undefined) continue;
    admit("DELETE", metadata.name, undefined, object);
    target.remove(at.type, metadata.namespace, metadata.name);
  }
  return list;
}

function nameOf({ name }: At): string {
  if (name === undefined)
    throw apiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  return name;
}
