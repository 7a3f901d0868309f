import type { IStatefulSet } from "kubernetes-models/apps/v1";
import type { IPodSpec } from "kubernetes-models/v1";
import { z } from "zod";
import { identityOf } from "../../../sandbox/gitops/objects.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";
import { instanceLabels } from "../../../sandbox/world/operator/resources.ts";
import { operatorPodLabels } from "../../../sandbox/world/platform/operator-chart.ts";
import { type DragonflyManifest, dragonflySchema } from "../../../src/manifests/dragonfly.ts";
import { ofKind } from "./tree.ts";

/** Pods that an object of the tree leads to, whoever makes them. */
export interface Workload {
  readonly identity: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  /** As far as the tree says: a Dragonfly's and a chart's pod is completed by the operator and the chart. */
  readonly pod: Partial<IPodSpec>;
}

/** The workloads among the objects. Throws at a kind that makes pods and is not known here. */
export function workloadsOf(objects: readonly KubeObject[]): readonly Workload[] {
  const strange = ofKind(objects, "Pod", "Deployment", "DaemonSet", "ReplicaSet", "Job", "CronJob");
  if (strange.length > 0) throw new Error(`teach this test the pods of ${strange.map(identityOf).join(", ")}`);
  return [
    ...ofKind<IStatefulSet>(objects, "StatefulSet").map(ofStatefulSet),
    ...dragonflies(objects).map(ofDragonfly),
    ...ofKind(objects, "HelmRelease").map(ofHelmRelease),
  ];
}

export function dragonflies(objects: readonly KubeObject[]): readonly DragonflyManifest[] {
  return ofKind(objects, "Dragonfly").map((object) => dragonflySchema.parse(object));
}

function ofStatefulSet(set: IStatefulSet & KubeObject): Workload {
  if (set.spec?.template?.spec === undefined) throw new Error(`${identityOf(set)} has no pod`);
  return {
    identity: identityOf(set),
    namespace: set.metadata.namespace ?? "",
    replicas: set.spec.replicas ?? 1,
    labels: set.spec.template.metadata?.labels ?? {},
    pod: set.spec.template.spec,
  };
}

/** Labels, container and ports as the operator v1.6.1 makes them. */
function ofDragonfly({ kind, metadata, spec }: DragonflyManifest): Workload {
  const { podSecurityContext, containerSecurityContext, serviceAccountName, priorityClassName } = spec;
  const container = {
    name: "dragonfly",
    image: spec.image,
    ports: [
      { name: "redis", containerPort: 6379 },
      { name: "admin", containerPort: 9999 },
    ],
    resources: spec.resources,
    securityContext: containerSecurityContext,
  };
  const pod = {
    securityContext: podSecurityContext,
    serviceAccountName,
    priorityClassName,
    topologySpreadConstraints: spec.topologySpreadConstraints,
    containers: [container],
  };
  return {
    identity: `${kind} ${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    replicas: spec.replicas,
    labels: { ...instanceLabels(metadata.name), ...spec.podMetadata?.labels },
    pod: pod as Partial<IPodSpec>,
  };
}

const operatorValues = z.object({
  replicaCount: z.int(),
  podSecurityContext: z.looseObject({}),
  manager: z.object({
    image: z.object({ tag: z.string() }),
    resources: z.looseObject({}),
    securityContext: z.looseObject({}),
    priorityClassName: z.string(),
    affinity: z.looseObject({}),
    topologySpreadConstraints: z.array(z.looseObject({})),
  }),
});

/** The only chart of the tree; its repository and account are the chart's own. */
function ofHelmRelease(release: KubeObject): Workload {
  if (release.metadata.name !== "dragonfly-operator") throw new Error(`teach this test ${identityOf(release)}`);
  const spec = z.object({ values: operatorValues }).parse(release["spec"]);
  const { manager, podSecurityContext, replicaCount } = spec.values;
  const { image, resources, securityContext, ...placing } = manager;
  const container = { name: "manager", image: `dragonflydb/operator:${image.tag}`, resources, securityContext };
  const pod = { ...placing, securityContext: podSecurityContext, containers: [container] };
  return {
    identity: identityOf(release),
    namespace: release.metadata.namespace ?? "",
    replicas: replicaCount,
    labels: operatorPodLabels(release.metadata.name),
    pod: pod as unknown as Partial<IPodSpec>,
  };
}

/** Whether labels carry everything that a selector asks for. */
export function selects(
  wanted: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}
