import { isFields } from "../../../src/manifests/compare/field-path.ts";

interface Unserved {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> | undefined };
  readonly [field: string]: unknown;
}

/** An object as an API server has it after Flux has applied it: with defaults, marks and a status, and quantities in other words. */
export function asServed(object: Unserved): Record<string, unknown> {
  const { metadata, ...content } = structuredClone(object);
  const labels = {
    ...metadata.labels,
    "kustomize.toolkit.fluxcd.io/name": "some",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    ...(object.kind === "Namespace" ? { "kubernetes.io/metadata.name": metadata.name } : {}),
  };
  const spec = isFields(content["spec"]) ? { ...defaults[object.kind], ...content["spec"] } : content["spec"];
  return {
    ...Object(completed({ ...content, ...(spec === undefined ? {} : { spec }) }, object.kind)),
    metadata: {
      ...metadata,
      labels,
      uid: "1",
      resourceVersion: "5",
      generation: 2,
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    status: { conditions: [] },
  };
}

/** Fields of a spec that Git leaves to the API server. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Service: {
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7"],
    internalTrafficPolicy: "Cluster",
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    sessionAffinity: "None",
  },
  Namespace: { finalizers: ["kubernetes"] },
  OCIRepository: { provider: "generic", timeout: "60s" },
  Kustomization: { force: false },
};

/** Defaults inside of lists, and what is empty left out where the kind is Kubernetes' own. */
function completed(value: unknown, kind: string, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => completed(item, kind, key));
  if (["memory", "storage"].includes(key) && typeof value === "string" && /^[1-9]\d*Gi$/.test(value))
    return `${Number.parseInt(value, 10) * 1024}Mi`;
  if (!isFields(value)) return value;
  const filled = Object.entries(value).map(([inner, item]) => [inner, completed(item, kind, inner)]);
  const more =
    (kind === "NetworkPolicy" || kind === "Service") && key === "ports"
      ? { protocol: "TCP" }
      : kind === "ExternalSecret" && (key === "extract" || key === "remoteRef")
        ? { conversionStrategy: "Default", decodingStrategy: "None", metadataPolicy: "None" }
        : {};
  return { ...more, ...Object.fromEntries(filled) };
}
