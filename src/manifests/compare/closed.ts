import { isFields, pathOf, type Step } from "./field-path.ts";

/**
 * Where whatever Git does not have is drift: nobody fills these in, so what is more there somebody has put there. Elsewhere the API
 * server, a CRD's defaults and controllers add fields of their own.
 */
const closed: Readonly<Record<string, readonly string[]>> = {
  NetworkPolicy: ["spec"],
  CiliumNetworkPolicy: ["spec"],
  Service: ["spec.selector"],
  PodDisruptionBudget: ["spec"],
  PodMonitor: ["spec.selector", "spec.namespaceSelector"],
  ServiceMonitor: ["spec.selector", "spec.namespaceSelector"],
  PrometheusRule: ["spec"],
  ConfigMap: ["data", "binaryData"],
  ResourceQuota: ["spec"],
  Dragonfly: ["spec"],
  HelmRelease: ["spec.values", "spec.valuesFrom", "spec.postRenderers", "spec.suspend"],
  OCIRepository: ["spec.suspend"],
  Kustomization: ["spec"],
};

/** What the API server fills in there, by the last key. */
const defaults: Readonly<Record<string, unknown>> = {
  protocol: "TCP",
  // https://github.com/dragonflydb/dragonfly-operator, config/crd, v1.6.1
  imagePullPolicy: "Always",
  networkPolicyEnabled: true,
  // https://github.com/fluxcd/kustomize-controller, config/crd; `flux resume` leaves the second.
  force: false,
  suspend: false,
};

/** Whether what Git does not have at this path is drift. */
export function isClosed(kind: string, steps: readonly Step[]): boolean {
  const path = pathOf(steps);
  return closed[kind]?.some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`)) ?? false;
}

/** Paths of a kind that are closed and that Git may not have at all. */
export function closedPaths(kind: string): readonly (readonly string[])[] {
  return (closed[kind] ?? []).map((path) => path.split("."));
}

/** Whether the API server wrote it: a default, nothing, or the directions that a policy without `policyTypes` has. */
export function isFilledIn(steps: readonly Step[], live: unknown): boolean {
  const key = steps.at(-1);
  if (live === null || live === "") return true;
  if (typeof key !== "string") return false;
  if (key === "policyTypes") return Array.isArray(live);
  if (isFields(live) && Object.keys(live).length === 0) return ["annotations", "labels", "matchLabels"].includes(key);
  return Object.hasOwn(defaults, key) && defaults[key] === live;
}
