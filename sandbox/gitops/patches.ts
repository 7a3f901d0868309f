import fastJsonPatch, { type Operation } from "fast-json-patch";
import { z } from "zod";
import type { KubeObject } from "../kubernetes/object-store.ts";
import type { PatchEntry } from "./kustomization-file.ts";
import { groupOf, identityOf } from "./objects.ts";
import { parseDocuments } from "./yaml.ts";

const record = z.record(z.string(), z.unknown());
const pointer = z.string().startsWith("/");
const operations: z.ZodType<Operation[]> = z.array(
  z.discriminatedUnion("op", [
    z.strictObject({ op: z.enum(["add", "replace", "test"]), path: pointer, value: z.unknown() }),
    z.strictObject({ op: z.literal("remove"), path: pointer }),
    z.strictObject({ op: z.enum(["move", "copy"]), path: pointer, from: pointer }),
  ]),
);

/**
 * The objects after a patch of a kustomization.yaml: JSON 6902 when its text is a list, else strategic merge of maps.
 * A patch that hits no object is an error, also where kustomize lets it pass. Throws with `source` in front.
 * Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
 */
export function applyPatch(objects: readonly KubeObject[], entry: PatchEntry, source: string): readonly KubeObject[] {
  const [body, ...more] = parseDocuments(entry.patch, source);
  if (entry.patch.startsWith("[") && !isJson(entry.patch))
    throw new Error(`${source}: kustomize reads a patch that begins with [ as JSON, and this is none`);
  if (more.length > 0) throw new Error(`${source}: one patch expected, ${more.length + 1} found`);
  const change = Array.isArray(body) ? jsonPatch(body, source) : strategicMerge(body, source);
  const target = entry.target ?? ownTarget(body, source);
  let hits = 0;
  const patched = objects.flatMap((object) => {
    if (!matches(object, target)) return [object];
    hits += 1;
    return change(object);
  });
  if (hits === 0) throw new Error(`${source}: matches no object: ${JSON.stringify(target)}`);
  return patched;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Target = NonNullable<PatchEntry["target"]>;
type Change = (object: KubeObject) => readonly KubeObject[];

/** Names and kinds are regular expressions over the whole text, as in kustomize. */
function matches(object: KubeObject, { group, version, kind, name, namespace }: Target): boolean {
  const { apiVersion, metadata } = object;
  const pairs = [
    [group, groupOf(object)],
    [version, apiVersion.slice(apiVersion.indexOf("/") + 1)],
    [kind, object.kind],
    [name, metadata.name],
    [namespace, metadata.namespace ?? "default"],
  ] as const;
  return pairs.every(([wanted, found]) => wanted === undefined || new RegExp(`^(?:${wanted})$`).test(found));
}

const identified = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** A strategic patch without a target says itself which object it is for. */
function ownTarget(body: unknown, source: string): Target {
  const parsed = identified.safeParse(body);
  if (!parsed.success) throw new Error(`${source}: no target, and no kind and name in the patch`);
  const { apiVersion, kind, metadata } = parsed.data;
  const { name, namespace } = metadata;
  const exact = { group: groupOf({ apiVersion }), version: apiVersion.slice(apiVersion.indexOf("/") + 1), kind, name };
  const escaped = Object.entries({ ...exact, namespace: namespace ?? "default" }).map(([key, value]) => [
    key,
    value.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  ]);
  return Object.fromEntries(escaped);
}

function jsonPatch(body: readonly unknown[], source: string): Change {
  const parsed = operations.safeParse(body);
  if (!parsed.success) throw new Error(`${source}: ${z.prettifyError(parsed.error)}`);
  return (object) => {
    try {
      return [fastJsonPatch.applyPatch(structuredClone(object), parsed.data, true).newDocument];
    } catch (error) {
      throw new Error(`${source}: does not apply to ${identityOf(object)}`, { cause: error });
    }
  };
}

function strategicMerge(body: unknown, source: string): Change {
  const parsed = record.safeParse(body);
  if (!parsed.success) throw new Error(`${source}: neither a list of operations nor an object`);
  const { $patch: directive, ...patch } = parsed.data;
  if (directive === "delete") return () => [];
  if (directive !== undefined) throw new Error(`${source}: $patch: ${String(directive)} is not modelled`);
  refuseUnmodelled(patch, "", source);
  // The patch names its object; only what a person would change is merged.
  const { apiVersion: _a, kind: _k, metadata, ...fields } = patch;
  const { name: _n, namespace: _s, ...annotated } = record.parse(metadata ?? {});
  return (object) => [merge(object, { ...fields, metadata: annotated }) as KubeObject];
}

/** How lists merge depends on the kind and the field. The tree has none, so none are merged wrongly here. */
function refuseUnmodelled(value: unknown, path: string, source: string): void {
  if (Array.isArray(value)) throw new Error(`${source}: ${path}: a list in a strategic patch is not modelled`);
  if (!isRecord(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    if (key.startsWith("$")) throw new Error(`${source}: ${at}: this directive is not modelled`);
    refuseUnmodelled(inner, at, source);
  }
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
