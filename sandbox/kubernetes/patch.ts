import fastJsonPatch, { type Operation } from "fast-json-patch";
import { z } from "zod";
import type { KubeObject } from "./object-store.ts";
import { apiError } from "./status.ts";

const json = "application/json-patch+json";
const mergePatch = "application/merge-patch+json";
const strategicPatch = "application/strategic-merge-patch+json";
/** Not a patch of what is there, and not made here: ./apply-object.ts. */
const apply = "application/apply-patch+yaml";

const record = z.record(z.string(), z.unknown());
const path = z.string().regex(/^(\/|$)/);
const operations: z.ZodType<Operation[]> = z.array(
  z.discriminatedUnion("op", [
    z.object({ op: z.enum(["add", "replace", "test"]), path, value: z.unknown() }),
    z.object({ op: z.literal("remove"), path }),
    z.object({ op: z.enum(["move", "copy"]), path, from: path }),
  ]),
);

/**
 * What the object looks like after the patch, not validated yet. Strategic merge treats the lists that people patch by
 * their merge key and everything else as a merge patch does; the server knows no merge keys of a kind that a CRD made,
 * so it refuses strategic merge there. Throws 400, 415, 422.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function patched(object: KubeObject, contentType: string, custom: boolean, body: unknown): unknown {
  const accepted = [json, mergePatch, ...(custom ? [] : [strategicPatch])];
  if (!accepted.includes(contentType)) {
    throw apiError(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: ${[...accepted, apply].join(", ")}`,
    );
  }
  if (contentType === json) return jsonPatched(object, decode(operations, body));
  return merge(object, decode(record, body), contentType === strategicPatch);
}

function decode<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw apiError(400, "BadRequest", `error decoding patch: ${issue?.path.join(".")}: ${issue?.message}`);
}

function jsonPatched(object: KubeObject, changes: readonly Operation[]): unknown {
  try {
    return fastJsonPatch.applyPatch(structuredClone(object), changes, true).newDocument;
  } catch {
    throw apiError(422, "Invalid", "the server rejected our request due to an error in our request");
  }
}

const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  env: ["name"],
  volumes: ["name"],
  imagePullSecrets: ["name"],
  volumeMounts: ["mountPath"],
  // The first is a container's, the second a Service's.
  ports: ["containerPort", "port"],
  ownerReferences: ["uid"],
  conditions: ["type"],
  topologySpreadConstraints: ["topologyKey"],
};

function merge(target: unknown, patch: unknown, strategic: boolean): unknown {
  if (!isRecord(patch)) return patch;
  if (strategic && patch["$patch"] === "delete") return undefined;
  const replace = strategic && patch["$patch"] === "replace";
  const result: Record<string, unknown> = isRecord(target) && !replace ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    // Directives such as $setElementOrder steer the merge and are no fields.
    if (strategic && key.startsWith("$")) continue;
    const current = result[key];
    if (value === null) delete result[key];
    else if (strategic && Array.isArray(value) && Array.isArray(current)) result[key] = mergeList(key, current, value);
    else result[key] = merge(current, value, strategic);
  }
  return result;
}

function mergeList(field: string, current: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  if (field === "finalizers") return [...new Set([...current, ...patch])];
  const mergeKey = mergeKeys[field]?.find((key) =>
    [...current, ...patch].some((item) => isRecord(item) && key in item),
  );
  if (mergeKey === undefined) return patch;
  const result = [...current];
  for (const item of patch) {
    const index = result.findIndex((old) => isRecord(old) && isRecord(item) && old[mergeKey] === item[mergeKey]);
    if (isRecord(item) && item["$patch"] === "delete") {
      if (index !== -1) result.splice(index, 1);
    } else if (index === -1) result.push(item);
    else result[index] = merge(result[index], item, true);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
