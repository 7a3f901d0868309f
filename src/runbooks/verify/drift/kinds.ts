import { groupOf, type Manifest } from "../../../manifests/manifest.ts";
import type { ObjectKind } from "../../../platform/live-object.ts";

/**
 * What is compared: the kinds of the acceptance criteria. Secrets, accounts, roles and workloads are not: the bot may not read them.
 * Where it may list a kind that is done, one call for all objects of a namespace; of the others it gets each by its name.
 */
export interface ComparedKind extends ObjectKind {
  readonly by: "list" | "get";
  readonly namespaced: boolean;
}

const kind = (apiVersion: string, name: string, plural: string, by: ComparedKind["by"]): ComparedKind => ({
  apiVersion,
  kind: name,
  plural,
  by,
  namespaced: true,
});

const compared: readonly ComparedKind[] = [
  { ...kind("v1", "Namespace", "namespaces", "get"), namespaced: false },
  kind("v1", "ConfigMap", "configmaps", "get"),
  kind("v1", "ResourceQuota", "resourcequotas", "get"),
  kind("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helmreleases", "get"),
  kind("source.toolkit.fluxcd.io/v1", "OCIRepository", "ocirepositories", "get"),
  kind("v1", "Service", "services", "list"),
  kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "list"),
  kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "list"),
  kind("cilium.io/v2", "CiliumNetworkPolicy", "ciliumnetworkpolicies", "list"),
  kind("monitoring.coreos.com/v1", "PodMonitor", "podmonitors", "list"),
  kind("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors", "list"),
  kind("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules", "list"),
  kind("external-secrets.io/v1", "ExternalSecret", "externalsecrets", "list"),
  kind("dragonflydb.io/v1alpha1", "Dragonfly", "dragonflies", "list"),
  kind("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations", "list"),
];

/** Undefined: objects like this are not compared. */
export function comparedKind(manifest: Manifest): ComparedKind | undefined {
  return compared.find(({ apiVersion, kind: name }) => apiVersion === manifest.apiVersion && name === manifest.kind);
}

const marks = ["kustomize.toolkit.fluxcd.io/reconcile", "kustomize.toolkit.fluxcd.io/ssa"];

/** Why an object is not compared; undefined: it is. */
export function whyLeftOut(manifest: Manifest): string | undefined {
  const annotations = manifest.metadata.annotations ?? {};
  const mark = marks.find((one) => Object.hasOwn(annotations, one));
  if (mark !== undefined) return `Flux does not keep it (${mark}: ${annotations[mark]})`;
  if (comparedKind(manifest) !== undefined) return undefined;
  return `the bot does not read ${groupOf(manifest) === "" ? "" : `${groupOf(manifest)} `}${manifest.kind}`;
}
