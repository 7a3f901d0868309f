import { z } from "zod";
import { type KubeObject, notFound, type ObjectStore } from "./object-store.ts";
import { patched } from "./patch.ts";
import { apiVersionOf, type ResourceType } from "./resources.ts";
import { fieldSelector, labelSelector } from "./selectors.ts";
import { apiError } from "./status.ts";

/** The verbs on objects, without HTTP: each returns what the body of the answer is, or throws a Status. */

const dnsSubdomain = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const metadataSchema = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const objectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: metadataSchema });

export interface At {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export function listObjects(store: ObjectStore, { type, namespace }: At, query: URLSearchParams): unknown {
  const matches = selection(type, query);
  const all = store.list(type, namespace).filter(matches);
  const limit = Number(query.get("limit") ?? 0);
  const offset = continuation(query.get("continue"));
  const page = limit > 0 ? all.slice(offset, offset + limit) : all.slice(offset);
  const more = limit > 0 && offset + limit < all.length;
  return {
    kind: `${type.kind}List`,
    apiVersion: apiVersionOf(type),
    metadata: {
      resourceVersion: String(store.resourceVersion),
      ...(more
        ? {
            continue: Buffer.from(String(offset + limit)).toString("base64url"),
            remainingItemCount: all.length - offset - limit,
          }
        : {}),
    },
    items: page,
  };
}

/** The test that a list's or watch's selectors make. */
export function selection(type: ResourceType, query: URLSearchParams): (object: KubeObject) => boolean {
  const byLabel = labelSelector(query.get("labelSelector") ?? "");
  const byField = fieldSelector(query.get("fieldSelector") ?? "", type.kind);
  return (object) => byLabel(object) && byField(object);
}

function continuation(token: string | null): number {
  if (token === null || token === "") return 0;
  const offset = Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(offset)) throw apiError(400, "BadRequest", "continue key is not valid");
  return offset;
}

export function getObject(store: ObjectStore, at: At): KubeObject {
  const name = nameOf(at);
  const object = store.get(at.type, at.namespace, name);
  if (object === undefined) throw notFound(at.type, name);
  return object;
}

export function createObject(store: ObjectStore, at: At, body: unknown): KubeObject {
  const object = parseObject(at, body);
  const { type, namespace } = at;
  if (type.namespaced && store.get({ group: "", plural: "namespaces" }, undefined, namespace ?? "") === undefined) {
    throw notFound({ group: "", plural: "namespaces" }, namespace ?? "");
  }
  const { status: _, ...rest } = object;
  return store.create(
    type,
    type.status && type.kind !== "Pod"
      ? { ...rest, metadata: object.metadata, apiVersion: object.apiVersion, kind: object.kind }
      : object,
  );
}

export function updateObject(store: ObjectStore, at: At, subresource: string | undefined, body: unknown): KubeObject {
  const before = getObject(store, at);
  const object = parseObject(at, body);
  if (object.metadata.name !== at.name)
    throw apiError(
      400,
      "BadRequest",
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${at.name})`,
    );
  return store.update(at.type, keepApart(at.type, subresource, before, object));
}

export function patchObject(
  store: ObjectStore,
  at: At,
  subresource: string | undefined,
  contentType: string,
  body: unknown,
): KubeObject {
  const before = getObject(store, at);
  const after = parseObject(at, patched(before, contentType, body));
  return store.update(at.type, keepApart(at.type, subresource, before, after));
}

/** A write to the object leaves its status alone, and a write to `status` leaves all else alone. */
function keepApart(
  type: ResourceType,
  subresource: string | undefined,
  before: KubeObject,
  after: KubeObject,
): KubeObject {
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

export function deleteObject(store: ObjectStore, at: At): unknown {
  const name = nameOf(at);
  const removed = store.remove(at.type, at.namespace, name);
  if (removed.metadata.deletionTimestamp !== undefined) return removed;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, kind: at.type.plural, uid: removed.metadata.uid },
  };
}

/**
 * Eviction, which a PodDisruptionBudget may refuse with 429; more than one budget over a pod is an error.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
export function evictPod(store: ObjectStore, at: At): unknown {
  const pod = getObject(store, at);
  const budgets = store
    .list({ group: "policy", plural: "poddisruptionbudgets" }, at.namespace)
    .filter((budget) => budgetSelects(budget, pod));
  if (budgets.length > 1)
    throw apiError(
      500,
      "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  const allowed = (budgets[0]?.["status"] as { readonly disruptionsAllowed?: number } | undefined)?.disruptionsAllowed;
  if (budgets.length === 1 && (allowed ?? 0) < 1) {
    throw apiError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: "DisruptionBudget" }],
      retryAfterSeconds: 10,
    });
  }
  store.remove(at.type, at.namespace, nameOf(at));
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

function budgetSelects(budget: KubeObject, pod: KubeObject): boolean {
  const selector = (budget["spec"] as { readonly selector?: { readonly matchLabels?: Record<string, string> } })
    .selector;
  return Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function nameOf({ name }: At): string {
  if (name === undefined)
    throw apiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  return name;
}

function parseObject({ type, namespace, name }: At, body: unknown): KubeObject {
  const parsed = objectSchema.safeParse(body);
  if (!parsed.success)
    throw apiError(
      400,
      "BadRequest",
      `the object provided is unrecognized (must be of type ${type.kind}): ${parsed.error.issues[0]?.message}`,
    );
  const { apiVersion, kind, metadata } = parsed.data;
  if (kind !== type.kind || apiVersion !== apiVersionOf(type)) {
    throw apiError(
      400,
      "BadRequest",
      `the API version in the data (${apiVersion}) or kind (${kind}) does not match the expected ${apiVersionOf(type)}, ${type.kind}`,
    );
  }
  if (type.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw apiError(
      400,
      "BadRequest",
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  const given =
    metadata.name ??
    name ??
    (metadata.generateName === undefined
      ? undefined
      : `${metadata.generateName}${Math.random().toString(36).slice(2, 7)}`);
  if (given === undefined)
    throw apiError(
      422,
      "Invalid",
      `${type.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
    );
  if (!dnsSubdomain.test(given) && !type.group.startsWith("rbac.")) {
    throw apiError(
      422,
      "Invalid",
      `${type.kind} "${given}" is invalid: metadata.name: Invalid value: "${given}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
    );
  }
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== "generateName"));
  return {
    ...parsed.data,
    metadata: { ...kept, name: given, ...(type.namespaced && namespace !== undefined ? { namespace } : {}) },
  };
}
