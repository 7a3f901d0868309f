/**
 * What the runbooks need to know of Kubernetes objects: narrow, parsed, read-only. `src/kubernetes/` produces these from
 * the API's answers; nothing past it sees a raw object. Times are ISO 8601, quantities are numbers in bytes or units.
 */

export type Labels = Readonly<Record<string, string>>;

/** A label selector as the API has it; an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels | undefined;
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly createdAt: string;
  /** Set while the object waits for its finalizers. */
  readonly deletedAt?: string | undefined;
}

/** What a container may do on its node: its own security context, and the pod's where it says nothing. Undefined: not set. */
export interface ContainerSecurity {
  readonly runAsNonRoot: boolean | undefined;
  readonly readOnlyRootFilesystem: boolean | undefined;
  readonly allowPrivilegeEscalation: boolean | undefined;
  readonly privileged: boolean | undefined;
  readonly droppedCapabilities: readonly string[];
  readonly addedCapabilities: readonly string[];
  /** `RuntimeDefault`, `Localhost`, `Unconfined`. */
  readonly seccompProfile: string | undefined;
}

/** A container of a pod or of its template, of whatever sort. */
export interface Container {
  readonly name: string;
  /** `init` runs before the others; `ephemeral` is what somebody added to a running pod. */
  readonly sort: "container" | "init" | "ephemeral";
  readonly security: ContainerSecurity;
}

/** How a container is asked whether it is well. */
export interface ContainerProbe {
  readonly kind: "exec" | "http" | "tcp" | "other";
  /** Of `exec`: program and arguments. */
  readonly command: readonly string[];
}

export interface Deployment {
  readonly meta: ObjectMeta;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly podLabels: Labels;
  readonly selector: LabelSelector;
  readonly images: readonly string[];
  readonly containers: readonly Container[];
}

export interface CustomResourceDefinition {
  readonly meta: ObjectMeta;
  readonly established: boolean;
  readonly servedVersions: readonly string[];
}

/** The Dragonfly resource: what was asked for, and the operator's phase (which is not health). */
export interface DragonflyResource {
  readonly meta: ObjectMeta;
  /** Pods in total, the primary included. */
  readonly replicas: number;
  /** Undefined when the resource does not pin one: then the operator's default applies and moves with its upgrades. */
  readonly image?: string | undefined;
  readonly args: readonly string[];
  readonly phase?: string | undefined;
  readonly isRollingUpdate: boolean;
  readonly snapshotCron?: string | undefined;
  readonly snapshotEnableOnMasterOnly: boolean;
  readonly pdbMinAvailable?: string | undefined;
  readonly security: ContainerSecurity;
  /** Names of the containers that it asks for beside the server's. */
  readonly moreContainers: readonly string[];
  /** Topology keys over which its pods are spread. */
  readonly spreadOver: readonly string[];
  /** ConfigMaps with the scripts of its probes; undefined: the operator's default, which only opens a connection. */
  readonly livenessConfigMap?: string | undefined;
  readonly readinessConfigMap?: string | undefined;
}

export interface StatefulSet {
  readonly meta: ObjectMeta;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly image?: string | undefined;
  readonly containers: readonly Container[];
}

export interface ContainerTermination {
  readonly reason: string;
  readonly exitCode: number;
  readonly finishedAt?: string | undefined;
}

export interface Pod {
  readonly meta: ObjectMeta;
  readonly phase: string;
  readonly ready: boolean;
  readonly ip?: string | undefined;
  readonly node?: string | undefined;
  /** On the node's own network, and so no pod to a network policy. */
  readonly hostNetwork?: boolean | undefined;
  readonly serviceAccount?: string | undefined;
  /** The operator's word on who this is: `master` or `replica`; the server's own word may differ. */
  readonly roleLabel?: string | undefined;
  readonly image: string;
  /** Of the `dragonfly` container (the first one when there is none of that name). */
  readonly restarts: number;
  readonly waitingReason?: string | undefined;
  readonly lastTermination?: ContainerTermination | undefined;
  readonly startedAt?: string | undefined;
  readonly containers: readonly Container[];
  /** A token of the API server is in one of its volumes. */
  readonly hasToken: boolean;
  readonly livenessProbe?: ContainerProbe | undefined;
  readonly readinessProbe?: ContainerProbe | undefined;
}

export interface Node {
  readonly meta: ObjectMeta;
  readonly zone?: string | undefined;
  readonly ready: boolean;
  readonly unschedulable: boolean;
}

/** What a controller said of an object. */
export interface KubernetesEvent {
  readonly at: string;
  readonly warning: boolean;
  readonly reason: string;
  readonly message: string;
  readonly kind: string;
  readonly name: string;
  readonly count: number;
}

/** A Flux Kustomization: which revision of the Git tree is applied. */
export interface Kustomization {
  readonly meta: ObjectMeta;
  /** Undefined before Flux has said anything of it. */
  readonly ready: boolean | undefined;
  readonly message: string;
  readonly suspended: boolean;
  /** `main@sha1:…` */
  readonly appliedRevision?: string | undefined;
  readonly attemptedRevision?: string | undefined;
  /** When it last became ready, or ceased to be. */
  readonly changedAt?: string | undefined;
  /** What it has applied, each as `<namespace>_<name>_<group>_<kind>`; undefined before it has applied anything. */
  readonly inventory?: readonly string[] | undefined;
}

export interface PersistentVolumeClaim {
  readonly meta: ObjectMeta;
  readonly phase: string;
  readonly storageClass?: string | undefined;
  readonly requestedBytes: number;
  readonly capacityBytes?: number | undefined;
}

export interface Service {
  readonly meta: ObjectMeta;
  readonly type: string;
  readonly clusterIp?: string | undefined;
  /** Addresses of nodes or of elsewhere that lead to it too. */
  readonly externalIps: readonly string[];
  readonly selector: Labels;
  readonly ports: readonly { readonly name?: string | undefined; readonly port: number; readonly targetPort: string }[];
}

/** One address behind a Service, from its EndpointSlices. */
export interface Endpoint {
  readonly service: string;
  readonly address: string;
  readonly ready: boolean;
  readonly pod?: string | undefined;
  readonly port?: number | undefined;
}

export interface PodDisruptionBudget {
  readonly meta: ObjectMeta;
  readonly selector: LabelSelector;
  readonly minAvailable?: string | undefined;
  readonly maxUnavailable?: string | undefined;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly disruptionsAllowed: number;
}

/** A PodMonitor, ServiceMonitor or PrometheusRule: that it exists, what it selects, and which alerts it has. */
export interface Monitor {
  readonly meta: ObjectMeta;
  readonly kind: "PodMonitor" | "ServiceMonitor" | "PrometheusRule";
  readonly selector?: LabelSelector | undefined;
  readonly ports: readonly string[];
  /** Names of a PrometheusRule's alerts. */
  readonly alerts: readonly string[];
}

/** A Helm release as Flux keeps it. */
export interface HelmRelease {
  readonly meta: ObjectMeta;
  /** Undefined before Flux has said anything of it. */
  readonly ready: boolean | undefined;
  readonly message: string;
  readonly suspended: boolean;
}

/** Where Flux gets a chart from. */
export interface OciRepository {
  readonly meta: ObjectMeta;
  /** Undefined: by digest, by a range of versions, or whatever is latest. */
  readonly tag: string | undefined;
}

/** A JSON Schema (OpenAPI v3, as in a CustomResourceDefinition), not looked into. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An ExternalSecret: whether its Secret has been made. Never the Secret itself. */
export interface ExternalSecret {
  readonly meta: ObjectMeta;
  readonly target: string;
  /** Undefined before its controller has said anything. */
  readonly synced: boolean | undefined;
  readonly message: string;
}
