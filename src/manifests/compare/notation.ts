import { parseQuantity } from "../../platform/quantity.ts";
import { type Fields, isFields, type Step } from "./field-path.ts";

/** What one thing may be written as in several ways, and what it is that the API server keeps. */

/** Below these keys the values are quantities. */
const quantities = new Set([
  "limits",
  "requests",
  "hard",
  "capacity",
  "default",
  "defaultRequest",
  "max",
  "min",
  "maxLimitRequestRatio",
]);
/** A number, or its text. */
const intOrString = new Set(["port", "targetPort", "minAvailable", "maxUnavailable", "maxSurge"]);
/** Maps whose being empty says as much as their not being there. */
const plainMaps = new Set(["labels", "annotations", "data", "binaryData", "matchLabels", "limits", "requests"]);

/** Whether Git's value and the cluster's are one, `steps` being the path to it. Of built-in kinds the API server leaves out what is empty. */
export function sameValue(desired: unknown, live: unknown, steps: readonly Step[], builtIn: boolean): boolean {
  if (desired === live || (desired === null && live === undefined)) return true;
  const key = steps.findLast((step) => typeof step === "string") ?? "";
  if (live === undefined) return builtIn && isEmpty(desired, key);
  if (!isPlain(desired) || !isPlain(live)) return false;
  if (intOrString.has(key)) return String(desired) === String(live);
  if (!steps.some((step) => typeof step === "string" && quantities.has(step))) return false;
  const [a, b] = [parseQuantity(String(desired)), parseQuantity(String(live))];
  return a !== undefined && a === b;
}

/** A selector or an emptyDir that is `{}` says something; labels that are `{}` do not. */
function isEmpty(value: unknown, key: string): boolean {
  if (isFields(value)) return Object.keys(value).length === 0 && plainMaps.has(key);
  return value === false || value === "" || (Array.isArray(value) && value.length === 0);
}

function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

/** Lists that Kubernetes keeps as maps, by the field that tells their items apart. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  imagePullSecrets: "name",
};

/**
 * What tells the items of a list apart, in the order of Git's items; undefined: their place does.
 * Source: x-kubernetes-list-map-keys and patchMergeKey in https://github.com/kubernetes/api
 */
export function itemKeys(items: readonly unknown[], steps: readonly Step[]): readonly Fields[] | undefined {
  const key = steps.at(-1);
  if (typeof key !== "string") return undefined;
  // Of a Service; those of a policy's rule are told by their place.
  const ofService = key === "ports" && steps.length === 2;
  const name = ofService ? "port" : mergeKeys[key];
  if (name === undefined || !items.every((item) => isFields(item) && name in item)) return undefined;
  const keys = items.map((item) => {
    const fields = isFields(item) ? item : {};
    return { [name]: fields[name], ...(ofService ? { protocol: fields["protocol"] ?? "TCP" } : {}) };
  });
  return new Set(keys.map((one) => JSON.stringify(one))).size === items.length ? keys : undefined;
}
