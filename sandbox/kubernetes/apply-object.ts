import { appliedTo } from "./managed-fields/apply.ts";
import type { Writer } from "./managed-fields/ownership.ts";
import type { KubeObject, ObjectStore } from "./object-store.ts";
import { type CreateOptions, createObject, write } from "./objects.ts";
import { type At, parseObject } from "./parse-object.ts";
import { notFound } from "./refusals.ts";
import { apiError } from "./status.ts";

export const applyPatch = "application/apply-patch+yaml";

export interface ApplyOptions extends CreateOptions {
  readonly writer: Required<Writer>;
  readonly force: boolean;
}

/** Server-side apply: of an object that is not there, a create. Throws what those throw, and 409 for values that others own. */
export function applyObject(
  store: ObjectStore,
  at: At & { readonly name: string },
  body: unknown,
  options: ApplyOptions,
): { readonly created: boolean; readonly object: KubeObject } {
  const { type, namespace, name } = at;
  const { writer, force } = options;
  const given = parseObject(at, body, options);
  if (given.metadata.managedFields !== undefined)
    throw apiError(400, "BadRequest", "metadata.managedFields must be nil");
  const live = store.get(type, namespace, name);
  if (live === undefined && writer.subresource !== "") throw notFound(type, name);
  // Who is told apart by its managed fields must not become a manager of them by writing the result.
  const server = store.as(undefined);
  const config = partOf(given, writer.subresource, type.status);
  const topology = store.topology(type, given);
  const shown = live === undefined ? undefined : store.shown(type, live);
  const object = appliedTo(shown, config, topology, { ...writer, force });
  if (shown === undefined)
    return { created: true, object: createObject(server, { ...at, name: undefined }, object, options) };
  const { resourceVersion } = given.metadata;
  const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const subresource = writer.subresource === "" ? undefined : writer.subresource;
  return { created: false, object: write(server, at, subresource, shown, { ...object, metadata }, options) };
}

/** What of the object the path is about: all else is not applied, and not owned. */
function partOf(object: KubeObject, subresource: string, hasStatus: boolean): KubeObject {
  const { apiVersion, kind, status, metadata, ...content } = object;
  const { name, namespace } = metadata;
  const identity = { name, ...(namespace === undefined ? {} : { namespace }) };
  if (subresource === "status")
    return { apiVersion, kind, metadata: identity, ...(status === undefined ? {} : { status }) };
  return { apiVersion, kind, metadata, ...content, ...(hasStatus || status === undefined ? {} : { status }) };
}
