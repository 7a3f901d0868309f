import jsonPatch, { type Operation } from "fast-json-patch";
import type { KubeObject } from "./object-store.ts";
import { apiError } from "./status.ts";

/**
 * Applies a patch body by its content type. Strategic merge treats the lists that people patch (containers, ports, env,
 * volumes) by their merge key; anything else as a merge patch does.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function patched(object: KubeObject, contentType: string, body: unknown): KubeObject {
  switch (contentType) {
    case "application/json-patch+json":
      if (!Array.isArray(body)) throw apiError(400, "BadRequest", "error decoding patch: a JSON patch is an array");
      return jsonPatched(object, body as Operation[]);
    case "application/merge-patch+json":
      return merge(object, body, false) as KubeObject;
    case "application/strategic-merge-patch+json":
      return merge(object, body, true) as KubeObject;
    default:
      throw apiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
      );
  }
}

function jsonPatched(object: KubeObject, operations: readonly Operation[]): KubeObject {
  try {
    return jsonPatch.applyPatch(structuredClone(object), operations, true).newDocument;
  } catch (error) {
    throw apiError(
      422,
      "Invalid",
      `the server rejected our request due to an error in our request: ${error instanceof Error ? error.message : error}`,
    );
  }
}

const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  ports: "port",
};

function merge(target: unknown, patch: unknown, strategic: boolean): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    const mergeKey = mergeKeys[key];
    const current = result[key];
    if (value === null) delete result[key];
    else if (strategic && mergeKey !== undefined && Array.isArray(value) && Array.isArray(current))
      result[key] = mergeList(current, value, mergeKey);
    else result[key] = merge(current, value, strategic);
  }
  return result;
}

function mergeList(current: readonly unknown[], patch: readonly unknown[], mergeKey: string): readonly unknown[] {
  const result = [...current];
  for (const item of patch) {
    const index = result.findIndex((old) => isRecord(old) && isRecord(item) && old[mergeKey] === item[mergeKey]);
    if (index === -1) result.push(item);
    else if (isRecord(item) && item["$patch"] === "delete") result.splice(index, 1);
    else result[index] = merge(result[index], item, true);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
