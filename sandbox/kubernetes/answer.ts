import type { IncomingMessage, ServerResponse } from "node:http";
import { reviewAccess } from "./access-review.ts";
import { admissionTo } from "./admission-policies.ts";
import { applyObject, applyPatch } from "./apply-object.ts";
import { isWatch, type ObjectTarget } from "./attributes.ts";
import { evictPod } from "./eviction.ts";
import { listObjects } from "./lists.ts";
import type { ObjectStore } from "./object-store.ts";
import { createObject, deleteCollection, deleteObject, getObject, patchObject, updateObject } from "./objects.ts";
import type { WriteOptions } from "./parse-object.ts";
import { logOptions, sendLog } from "./pod-log.ts";
import type { PodRuntime } from "./pod-runtime.ts";
import type { User } from "./rbac.ts";
import { contentTypeOf, readBody } from "./read-body.ts";
import { discovery, type Target } from "./request.ts";
import { servedResources } from "./resources.ts";
import { ApiStatus, apiError } from "./status.ts";
import { watchObjects } from "./watch.ts";
import { isForced, writerOf } from "./writer.ts";

/** A request that may be answered. */
export interface Admitted {
  readonly target: Target;
  readonly url: URL;
  readonly user: User;
  /** Notes the outcome. */
  readonly record: (code: number) => void;
}

interface Context {
  readonly store: ObjectStore;
  readonly podRuntime: PodRuntime;
  readonly refusesPod?: (namespace: string, spec: unknown) => string | undefined;
}

/** Answers by method and path; returns the HTTP code, or throws the Status to answer with. */
export async function answer(
  context: Context,
  { target, url, user }: Admitted,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const { store, podRuntime } = context;
  const method = request.method ?? "GET";
  if (target.kind !== "object") {
    if (method !== "GET") throw notAllowed();
    const document = discovery(target, servedResources(store));
    if (typeof document !== "string") return send(response, 200, document);
    response.writeHead(200, { "content-type": "text/plain" }).end(document);
    return 200;
  }
  const query = url.searchParams;
  const { name, subresource } = target;
  if (target.type.question === true) {
    if (method !== "POST") throw notAllowed();
    return send(response, 201, reviewAccess(store, user, await readBody(request)));
  }
  const isPod = target.type.group === "" && target.type.plural === "pods" && name !== undefined;
  if (isPod && subresource === "log" && method === "GET") {
    const pod = getObject(store, target);
    const options = logOptions(pod, query);
    sendLog(response, pod, options, await podRuntime.logs(target.namespace ?? "", name, options));
    return 200;
  }
  if (isPod && subresource === "eviction" && method === "POST") {
    const at = { namespace: target.namespace, name };
    const dryRun = isDryRun(query);
    const admit = admissionTo(store, { user, type: target.type, subresource, dryRun });
    return send(response, 201, evictPod(store, at, await readBody(request), { dryRun, admit }));
  }
  if (isPod && subresource === "portforward") throw apiError(400, "BadRequest", "Upgrade request required");
  const isWritten =
    (subresource === "status" && target.type.status) || (isPod && subresource === "ephemeralcontainers");
  if (subresource !== undefined && !isWritten)
    throw apiError(404, "NotFound", "the server could not find the requested resource");
  if (method === "GET" && isWatch(query)) {
    watchObjects(store, target, query, response);
    return 200;
  }
  return method === "GET"
    ? send(response, 200, name === undefined ? listObjects(store, target, query) : getObject(store, target))
    : write(context, { target, user }, query, request, response);
}

async function write(
  { store: plain, refusesPod }: Context,
  { target, user }: { readonly target: ObjectTarget; readonly user: User },
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const { name, subresource } = target;
  const given = writeOptions(query, response);
  const admit = admissionTo(plain, { user, type: target.type, subresource, dryRun: given.dryRun });
  const options = { ...given, admit, refusesPod };
  const served: Readonly<Record<string, boolean>> = {
    POST: name === undefined,
    PUT: name !== undefined,
    PATCH: name !== undefined,
    DELETE:
      subresource === undefined && !(name === undefined && target.type.namespaced && target.namespace === undefined),
  };
  const method = request.method ?? "";
  if (served[method] !== true) throw notAllowed();
  const contentType = contentTypeOf(request);
  const isApply = method === "PATCH" && contentType === applyPatch;
  const writer = writerOf(request, query, subresource, isApply);
  const force = isForced(query, isApply);
  const body = await readBody(request);
  if (isApply && name !== undefined) {
    const { created, object } = applyObject(plain, { ...target, name }, body, { ...options, writer, force });
    return send(response, created ? 201 : 200, object);
  }
  const store = plain.as(writer);
  switch (method) {
    case "POST":
      return send(response, 201, createObject(store, target, body, options));
    case "PUT":
      return send(response, 200, updateObject(store, target, subresource, body, options));
    case "PATCH":
      return send(response, 200, patchObject(store, target, subresource, contentType, body, options));
    default:
      return send(
        response,
        200,
        name === undefined
          ? deleteCollection(store, target, query, options)
          : deleteObject(store, target, query, body, options),
      );
  }
}

/** Throws 400 for a `fieldValidation` that is none. */
function writeOptions(query: URLSearchParams, response: ServerResponse): WriteOptions {
  const fieldValidation = query.get("fieldValidation") ?? "Warn";
  if (fieldValidation !== "Strict" && fieldValidation !== "Warn" && fieldValidation !== "Ignore")
    throw apiError(400, "BadRequest", `fieldValidation: Unsupported value: "${fieldValidation}"`);
  const warn = (text: string) => response.appendHeader("warning", `299 - ${JSON.stringify(text)}`);
  return { dryRun: isDryRun(query), fieldValidation, warn };
}

function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll("dryRun");
  const other = values.find((value) => value !== "All");
  if (other !== undefined)
    throw apiError(400, "BadRequest", `dryRun: Unsupported value: "${other}": supported values: "All"`);
  return values.length > 0;
}

function notAllowed(): ApiStatus {
  return apiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

function send(response: ServerResponse, code: number, body: unknown): number {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  return code;
}

/** Any error as a Status: what nobody foresaw is 500. */
export function statusOf(error: unknown): ApiStatus {
  return error instanceof ApiStatus
    ? error
    : apiError(500, "InternalError", `Internal error occurred: ${error instanceof Error ? error.message : error}`);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const status = statusOf(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = status.details["retryAfterSeconds"];
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  send(response, status.code, status);
}
