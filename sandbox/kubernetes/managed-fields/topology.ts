import type { Schema } from "../structural-schema.ts";

/**
 * What of a value has owners of its own: the keys of a map each, the items of some lists each, other lists and maps only as a whole.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export interface Topology {
  /** Of a list: the keys that tell its items apart, or that each value is one of a set. */
  readonly list: "whole" | "set" | readonly string[];
  readonly map: "whole" | "keys";
  /** Of a map that may have any keys, so that an item of it is something by itself. */
  readonly isFree: boolean;
  key(name: string): Topology;
  readonly item: Topology;
}

/** Of the built-in kinds that occur here, by the last key or the last two. Source: +listMapKey in https://github.com/kubernetes/api */
const lists: Readonly<Record<string, "set" | readonly string[]>> = {
  finalizers: "set",
  ownerReferences: ["uid"],
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  "containers.ports": ["containerPort", "protocol"],
  "initContainers.ports": ["containerPort", "protocol"],
  // Of a Service; those of an EndpointSlice stand at its top, those of a policy in a list that is a whole.
  "spec.ports": ["port", "protocol"],
  env: ["name"],
  volumes: ["name"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  imagePullSecrets: ["name"],
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
  hostAliases: ["ip"],
  conditions: ["type"],
  "status.addresses": ["type"],
  podIPs: ["ip"],
  hostIPs: ["ip"],
  secrets: ["name"],
  matchConditions: ["name"],
  variables: ["name"],
};

/** Maps, and items of lists, that have one owner: +structType=atomic and +mapType=atomic there. */
const wholeMaps = new Set([
  "selector",
  "labelSelector",
  "podSelector",
  "namespaceSelector",
  "objectSelector",
  "nodeSelector",
  "secretKeyRef",
  "configMapKeyRef",
  "fieldRef",
  "resourceFieldRef",
  "involvedObject",
  "roleRef",
  "ownerReferences",
  "imagePullSecrets",
  "secrets",
]);

/** What is filled in where an item does not say it. */
export const impliedKeys: Readonly<Record<string, unknown>> = { protocol: "TCP" };

function builtIn(parent: string, name: string): Topology {
  return {
    list: lists[`${parent}.${name}`] ?? lists[name] ?? "whole",
    map: wholeMaps.has(name) ? "whole" : "keys",
    isFree: false,
    key: (key) => builtIn(name, key),
    // What is in an item is found by the list's own name.
    get item() {
      return builtIn(parent, name);
    },
  };
}

/** Lists of a custom resource are wholes, unless its schema says otherwise. */
function bySchema(schema: Schema | undefined): Topology {
  const type = schema?.["x-kubernetes-list-type"];
  const { additionalProperties: rest } = schema ?? {};
  return {
    list: type === "map" ? (schema?.["x-kubernetes-list-map-keys"] ?? []).toSorted() : type === "set" ? "set" : "whole",
    map: schema?.["x-kubernetes-map-type"] === "atomic" ? "whole" : "keys",
    isFree: schema?.properties === undefined,
    key: (name) => bySchema(schema?.properties?.[name] ?? (typeof rest === "object" ? rest : undefined)),
    get item() {
      return bySchema(schema?.items);
    },
  };
}

/** Of a whole object: of a built-in kind, or of a CRD by its schema. */
export function topologyOf(schema: Schema | "built-in"): Topology {
  if (schema === "built-in") return builtIn("", "");
  const custom = bySchema(schema);
  return { ...custom, key: (name) => (name === "metadata" ? builtIn("", name) : custom.key(name)) };
}
