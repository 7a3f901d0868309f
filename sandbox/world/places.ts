import type { Place } from "../kubernetes/object-store.ts";

const core = (plural: string): Place => ({ group: "", plural });

/** Where the kinds that the world's controllers deal with are kept. */
export const places = {
  pods: core("pods"),
  services: core("services"),
  secrets: core("secrets"),
  namespaces: core("namespaces"),
  configMaps: core("configmaps"),
  events: core("events"),
  serviceAccounts: core("serviceaccounts"),
  priorityClasses: { group: "scheduling.k8s.io", plural: "priorityclasses" },
  nodes: core("nodes"),
  claims: core("persistentvolumeclaims"),
  quotas: core("resourcequotas"),
  limitRanges: core("limitranges"),
  deployments: { group: "apps", plural: "deployments" },
  statefulSets: { group: "apps", plural: "statefulsets" },
  budgets: { group: "policy", plural: "poddisruptionbudgets" },
  policies: { group: "networking.k8s.io", plural: "networkpolicies" },
  slices: { group: "discovery.k8s.io", plural: "endpointslices" },
  externalSecrets: { group: "external-secrets.io", plural: "externalsecrets" },
  gitRepositories: { group: "source.toolkit.fluxcd.io", plural: "gitrepositories" },
  ociRepositories: { group: "source.toolkit.fluxcd.io", plural: "ocirepositories" },
  kustomizations: { group: "kustomize.toolkit.fluxcd.io", plural: "kustomizations" },
  helmReleases: { group: "helm.toolkit.fluxcd.io", plural: "helmreleases" },
  ciliumPolicies: { group: "cilium.io", plural: "ciliumnetworkpolicies" },
  clusterwidePolicies: { group: "cilium.io", plural: "ciliumclusterwidenetworkpolicies" },
  podMonitors: { group: "monitoring.coreos.com", plural: "podmonitors" },
  prometheusRules: { group: "monitoring.coreos.com", plural: "prometheusrules" },
  dragonflies: { group: "dragonflydb.io", plural: "dragonflies" },
} as const satisfies Record<string, Place>;
