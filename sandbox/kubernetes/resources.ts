import type { KubeObject, Place } from "./kube-object.ts";
import type { Schema } from "./structural-schema.ts";

/** One kind of thing the API server serves. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Whether `status` is written through a subresource of its own. */
  readonly status: boolean;
  /** Of a CRD: no strategic merge patch, and no update without a resourceVersion. */
  readonly custom?: boolean;
  /** Of a CRD. */
  readonly schema?: Schema | undefined;
  /** Kept nowhere: a question that is answered when it is created. */
  readonly question?: boolean;
  readonly shortNames: readonly string[];
}

function builtIn(
  group: string,
  version: string,
  plural: string,
  kind: string,
  options: Partial<ResourceType> = {},
): ResourceType {
  return { group, version, plural, kind, namespaced: true, status: false, shortNames: [], ...options };
}

const cluster = { namespaced: false };
const status = { status: true };

export const builtInResources: readonly ResourceType[] = [
  builtIn("", "v1", "pods", "Pod", { ...status, shortNames: ["po"] }),
  builtIn("", "v1", "services", "Service", { ...status, shortNames: ["svc"] }),
  builtIn("", "v1", "endpoints", "Endpoints", { shortNames: ["ep"] }),
  builtIn("", "v1", "nodes", "Node", { ...cluster, ...status, shortNames: ["no"] }),
  builtIn("", "v1", "namespaces", "Namespace", { ...cluster, ...status, shortNames: ["ns"] }),
  builtIn("", "v1", "secrets", "Secret"),
  builtIn("", "v1", "configmaps", "ConfigMap", { shortNames: ["cm"] }),
  builtIn("", "v1", "events", "Event", { shortNames: ["ev"] }),
  builtIn("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", { ...status, shortNames: ["pvc"] }),
  builtIn("", "v1", "serviceaccounts", "ServiceAccount", { shortNames: ["sa"] }),
  builtIn("", "v1", "resourcequotas", "ResourceQuota", status),
  builtIn("", "v1", "limitranges", "LimitRange"),
  builtIn("apps", "v1", "deployments", "Deployment", { ...status, shortNames: ["deploy"] }),
  builtIn("apps", "v1", "statefulsets", "StatefulSet", { ...status, shortNames: ["sts"] }),
  builtIn("apps", "v1", "replicasets", "ReplicaSet", { ...status, shortNames: ["rs"] }),
  builtIn("apps", "v1", "controllerrevisions", "ControllerRevision"),
  builtIn("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", { ...status, shortNames: ["pdb"] }),
  builtIn("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", { shortNames: ["netpol"] }),
  builtIn("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
  builtIn("coordination.k8s.io", "v1", "leases", "Lease"),
  builtIn("storage.k8s.io", "v1", "storageclasses", "StorageClass", { ...cluster, shortNames: ["sc"] }),
  builtIn("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", { ...cluster, shortNames: ["pc"] }),
  builtIn("rbac.authorization.k8s.io", "v1", "roles", "Role"),
  builtIn("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
  builtIn("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", cluster),
  builtIn("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", cluster),
  builtIn("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", {
    ...cluster,
    question: true,
  }),
  builtIn("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", {
    ...cluster,
    ...status,
  }),
  builtIn(
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicybindings",
    "ValidatingAdmissionPolicyBinding",
    cluster,
  ),
  builtIn("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", {
    ...cluster,
    ...status,
    shortNames: ["crd"],
  }),
];

/** The built-in kinds, and one for every version that a stored CRD serves: an instance of a CRD that is not there is 404. */
export function servedResources(store: { list(place: Place): readonly KubeObject[] }): readonly ResourceType[] {
  return [
    ...builtInResources,
    ...store.list({ group: "apiextensions.k8s.io", plural: "customresourcedefinitions" }).flatMap(fromDefinition),
  ];
}

interface DefinitionSpec {
  readonly group: string;
  readonly scope: string;
  readonly names: { readonly plural: string; readonly kind: string; readonly shortNames?: readonly string[] };
  readonly versions: readonly {
    readonly name: string;
    readonly served: boolean;
    readonly subresources?: { readonly status?: unknown };
    readonly schema?: { readonly openAPIV3Schema?: Schema };
  }[];
}

export function fromDefinition(definition: KubeObject): readonly ResourceType[] {
  const spec = definition["spec"] as DefinitionSpec;
  return spec.versions
    .filter((version) => version.served)
    .map((version) => ({
      group: spec.group,
      version: version.name,
      plural: spec.names.plural,
      kind: spec.names.kind,
      namespaced: spec.scope === "Namespaced",
      status: version.subresources?.status !== undefined,
      custom: true,
      schema: version.schema?.openAPIV3Schema,
      shortNames: spec.names.shortNames ?? [],
    }));
}

export function apiVersionOf(type: Pick<ResourceType, "group" | "version">): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}
