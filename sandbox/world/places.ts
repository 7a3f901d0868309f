import type { Place } from "../kubernetes/object-store.ts";

const core = (plural: string): Place => ({ group: "", plural });

/** Where the kinds that the world's controllers deal with are kept. */
export const places = {
  pods: core("pods"),
  services: core("services"),
  secrets: core("secrets"),
  nodes: core("nodes"),
  claims: core("persistentvolumeclaims"),
  deployments: { group: "apps", plural: "deployments" },
  statefulSets: { group: "apps", plural: "statefulsets" },
  budgets: { group: "policy", plural: "poddisruptionbudgets" },
  policies: { group: "networking.k8s.io", plural: "networkpolicies" },
  slices: { group: "discovery.k8s.io", plural: "endpointslices" },
  dragonflies: { group: "dragonflydb.io", plural: "dragonflies" },
} as const satisfies Record<string, Place>;
