import { configSchema } from "../../src/config/file.ts";
import { BotError } from "../../src/errors.ts";
import { noGit } from "../../src/git/not-configured.ts";
import type { Policy } from "../../src/network-policy/model.ts";
import type { ContainerSecurity, LabelSelector, ObjectMeta, Pod, Service } from "../../src/platform/kubernetes.ts";
import type { KubernetesReader, MetricSample, Platform } from "../../src/platform/ports.ts";
import type { ServerState } from "../../src/platform/server.ts";

/**
 * A healthy instance as plain data behind the platform's ports. A test copies it, changes what it is about and asks
 * what a runbook concludes; no process, no network.
 */

export const config = configSchema.parse({});
const image = config.shared.image ?? "";
const namespace = "dragonfly-system";
export const ips = ["10.0.0.10", "10.0.0.11", "10.0.0.12"] as const;

export function meta(name: string, more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name,
    namespace,
    uid: `uid-${name}`,
    resourceVersion: "1",
    labels: {},
    annotations: {},
    createdAt: "2026-01-01T00:00:00Z",
    ...more,
  };
}

/** As the shipped manifests have it. */
export const hardened: ContainerSecurity = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  privileged: undefined,
  droppedCapabilities: ["ALL"],
  addedCapabilities: [],
  seccompProfile: "RuntimeDefault",
};

export function pod(index: number, more: Partial<Pod> = {}): Pod {
  const roleLabel = index === 0 ? "master" : "replica";
  return {
    meta: meta(`dragonfly-${index}`, {
      labels: { app: "dragonfly", "app.kubernetes.io/name": "dragonfly", role: roleLabel },
    }),
    phase: "Running",
    ready: true,
    ip: ips[index],
    node: `node-${index}`,
    roleLabel,
    image,
    restarts: 0,
    startedAt: "2026-01-01T00:00:00Z",
    containers: [{ name: "dragonfly", sort: "container", security: hardened }],
    hasToken: false,
    livenessProbe: { kind: "exec", command: ["/bin/sh", "/etc/dragonfly/probes/liveness-check.sh"] },
    readinessProbe: { kind: "exec", command: ["/bin/sh", "/etc/dragonfly/probes/readiness-check.sh"] },
    ...more,
  };
}

export function primaryState(more: Partial<ServerState> = {}): ServerState {
  return {
    version: "v1.40.1",
    uptimeSeconds: 86_400,
    role: {
      kind: "primary",
      replicas: [1, 2].map((i) => ({ ip: ips[i] ?? "", port: 9999, state: "online", lagRecords: 0 })),
    },
    replicationId: "1234",
    loading: false,
    memory: { usedBytes: 100 * 2 ** 20, rssBytes: 150 * 2 ** 20, maxBytes: 2 ** 30, cacheMode: false },
    clients: { connected: 10, max: 64_000, blocked: 0 },
    opsPerSecond: 120,
    evictedKeys: 0,
    oomRejections: 0,
    snapshot: {
      saving: false,
      lastSuccessAt: "2026-01-02T11:00:00Z",
      lastFile: "/dragonfly/snapshots/dump-summary.dfs",
    },
    slowLog: [],
    ...more,
  };
}

export function replicaState(
  more: Partial<ServerState> = {},
  link: Partial<Extract<ServerState["role"], { kind: "replica" }>["link"]> = {},
): ServerState {
  return {
    ...primaryState(),
    role: {
      kind: "replica",
      link: { host: ips[0], port: 9999, up: true, syncInProgress: false, lastIoSecondsAgo: 0, offset: 10, ...link },
    },
    ...more,
  };
}

export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    meta: meta(name, { annotations: { "service.cilium.io/global": "true", "service.cilium.io/shared": "true" } }),
    type: "ClusterIP",
    externalIps: [],
    selector: { app: "dragonfly", role: "master" },
    ports: [{ name: "redis", port: 6379, targetPort: "6379" }],
    ...more,
  };
}

type Answers = {
  readonly [Method in Exclude<keyof KubernetesReader, "cluster" | "context">]:
    | Awaited<ReturnType<KubernetesReader[Method]>>
    | BotError;
};

/** A policy with so many rules for what comes in. */
export function policy(name: string, subject: LabelSelector, ingressRules: number): Policy {
  const rule = (index: number) => ({ place: `ingress[${index}]`, peers: undefined, ports: undefined });
  const ingress = { isolates: true, allow: Array.from({ length: ingressRules }, (_, index) => rule(index)), deny: [] };
  const egress = { isolates: false, allow: [], deny: [] };
  return { kind: "NetworkPolicy", cluster: "infra", namespace: "dragonfly-system", name, subject, ingress, egress };
}

/** What one cluster answers, by the reader's method. An error as the answer is thrown. */
export function healthyCluster(): Answers {
  return {
    deployment: {
      meta: meta("dragonfly-operator"),
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      podLabels: { "control-plane": "controller-manager" },
      selector: { matchLabels: { "control-plane": "controller-manager" } },
      images: ["ghcr.io/dragonflydb/operator:v1.6.1"],
      containers: [{ name: "manager", sort: "container", security: hardened }],
    },
    customResourceSchema: { type: "object" },
    wouldAccept: undefined,
    externalSecrets: [],
    serverVersion: "v1.34.1",
    customResourceDefinition: {
      meta: meta("dragonflies.dragonflydb.io"),
      established: true,
      servedVersions: ["v1alpha1"],
    },
    dragonfly: {
      meta: meta("dragonfly"),
      replicas: 3,
      image,
      args: [],
      phase: "Ready",
      isRollingUpdate: false,
      snapshotCron: "0 */6 * * *",
      snapshotEnableOnMasterOnly: true,
      pdbMinAvailable: "2",
      security: hardened,
      moreContainers: [],
      spreadOver: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
      livenessConfigMap: "dragonfly-liveness",
      readinessConfigMap: "dragonfly-readiness",
    },
    dragonflies: [],
    statefulSet: {
      meta: meta("dragonfly"),
      replicas: 3,
      readyReplicas: 3,
      updatedReplicas: 3,
      currentRevision: "a",
      updateRevision: "a",
      image,
      containers: [{ name: "dragonfly", sort: "container", security: hardened }],
    },
    pods: [pod(0), pod(1), pod(2)],
    pod: pod(0),
    nodes: [0, 1, 2].map((i) => ({ meta: meta(`node-${i}`), zone: `zone-${i}`, ready: true, unschedulable: false })),
    persistentVolumeClaims: [0, 1, 2].map((i) => ({
      meta: meta(`df-dragonfly-${i}`),
      phase: "Bound",
      storageClass: "fast",
      requestedBytes: 2 ** 31,
      capacityBytes: 2 ** 31,
    })),
    services: [service("dragonfly"), service("dragonfly-global")],
    endpoints: ["dragonfly", "dragonfly-global"].map((name) => ({
      service: name,
      address: ips[0],
      ready: true,
      pod: "dragonfly-0",
      port: 6379,
    })),
    podDisruptionBudgets: [
      {
        meta: meta("dragonfly"),
        selector: { matchLabels: { app: "dragonfly" } },
        minAvailable: "2",
        currentHealthy: 3,
        desiredHealthy: 2,
        disruptionsAllowed: 1,
      },
      {
        meta: meta("operator"),
        selector: { matchLabels: { "control-plane": "controller-manager" } },
        minAvailable: "1",
        currentHealthy: 2,
        desiredHealthy: 1,
        disruptionsAllowed: 1,
      },
    ],
    networkPolicies: [policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 4)],
    ciliumNetworkPolicies: [],
    ciliumClusterwidePolicies: [],
    monitors: [
      {
        meta: meta("dragonfly"),
        kind: "PodMonitor",
        selector: { matchLabels: { app: "dragonfly" } },
        ports: ["admin"],
        alerts: [],
      },
    ],
    namespace: meta("harbor"),
    namespaces: ["default", "gitlab-system", "harbor", "kube-system"].map((name) => meta(name)),
    events: [],
    previousLog: undefined,
    kustomizations: [],
    helmRelease: { meta: meta("dragonfly-operator"), ready: true, message: "", suspended: false },
    ociRepository: { meta: meta("dragonfly-operator"), tag: "v1.6.1" },
    objects: [],
    object: undefined,
  };
}

/** The other cluster of the mesh: the same Services, global, with no backends of their own. */
export function healthyRemote(): Answers {
  return { ...healthyCluster(), endpoints: [] };
}

export interface FakeWorld {
  readonly infra?: Partial<Answers>;
  readonly apps?: Partial<Answers>;
  readonly servers?: Readonly<Record<string, ServerState | BotError>>;
  readonly volumeUse?: readonly MetricSample[] | BotError;
  readonly git?: Platform["git"];
  readonly probe?: Platform["probes"]["run"];
  readonly canary?: Platform["canary"];
  readonly lastKnownPods?: Platform["lastKnownPods"];
}

export function fakePlatform(world: FakeWorld = {}): Platform {
  const clusters = new Map([
    ["infra", { ...healthyCluster(), ...world.infra }],
    ["apps", { ...healthyRemote(), ...world.apps }],
  ]);
  const servers: Record<string, ServerState | BotError> = {
    "dragonfly-0": primaryState(),
    "dragonfly-1": replicaState(),
    "dragonfly-2": replicaState(),
    ...world.servers,
  };
  const volumes = [0, 1, 2].map((i) => ({
    labels: { persistentvolumeclaim: `df-dragonfly-${i}` },
    value: 0.2,
    at: "2026-01-02T12:00:00Z",
  }));
  return {
    cluster(name) {
      const answers = clusters.get(name);
      if (answers === undefined) throw new BotError("config.unknown-cluster", `no cluster ${name}`, "");
      return fakeReader(name, answers);
    },
    servers: {
      clients: async () => [],
      users: async () => [],
      state: async ({ pod: name }) =>
        unlessError(
          servers[name] ?? new BotError("server.unreachable", `${name} refused the connection`, "Look at the pod"),
        ),
    },
    metrics: {
      query: async () => unlessError(world.volumeUse ?? volumes),
      range: async () => [],
      rules: async () => [],
    },
    alerting: {
      activeAlertNames: async () => ["Watchdog"],
      activeAlerts: async () => [],
      incidents: async () => [],
      heartbeats: async () => [],
    },
    own: {
      queueDangers: undefined,
      auditLog: "a log",
      auditHeads: async () => ({ heads: [], complete: true }),
    },
    testAlerts: {
      command: () => "curl $ALERTMANAGER_URL/api/v2/alerts",
      send: async () => undefined,
      arrived: noAlertmanager,
      state: noAlertmanager,
      failedRequests: noAlertmanager,
    },
    lastResults: { last: async () => undefined },
    git: world.git ?? noGit,
    probes: { run: world.probe ?? noProbe, removeLeftovers: async () => [] },
    canary: world.canary ?? noCanary,
    lastKnownPods: world.lastKnownPods ?? new Map(),
  };
}

async function noAlertmanager(): Promise<never> {
  throw new BotError("alertmanager.not-configured", "No Alertmanager is configured", "");
}

async function noProbe(): Promise<never> {
  throw new BotError("kubernetes.unreachable", "no probe can be made here", "");
}

const nowhere = async (): Promise<never> => {
  throw new BotError("canary.not-configured", "the bot is a client of nothing here", "");
};
const noCanary: Platform["canary"] = { reached: nowhere, start: nowhere };

function unlessError<T>(answer: T | BotError): T {
  if (answer instanceof BotError) throw answer;
  return answer;
}

function fakeReader(name: string, answers: Answers): KubernetesReader {
  return {
    cluster: name,
    context: name,
    deployment: async () => unlessError(answers.deployment),
    serverVersion: async () => unlessError(answers.serverVersion),
    customResourceDefinition: async () => unlessError(answers.customResourceDefinition),
    customResourceSchema: async () => unlessError(answers.customResourceSchema),
    wouldAccept: async () => unlessError(answers.wouldAccept),
    externalSecrets: async () => unlessError(answers.externalSecrets),
    dragonfly: async () => unlessError(answers.dragonfly),
    dragonflies: async () => unlessError(answers.dragonflies),
    statefulSet: async () => unlessError(answers.statefulSet),
    pods: async () => unlessError(answers.pods),
    pod: async () => unlessError(answers.pod),
    nodes: async () => unlessError(answers.nodes),
    persistentVolumeClaims: async () => unlessError(answers.persistentVolumeClaims),
    services: async () => unlessError(answers.services),
    endpoints: async () => unlessError(answers.endpoints),
    podDisruptionBudgets: async () => unlessError(answers.podDisruptionBudgets),
    networkPolicies: async () => unlessError(answers.networkPolicies),
    ciliumNetworkPolicies: async () => unlessError(answers.ciliumNetworkPolicies),
    ciliumClusterwidePolicies: async () => unlessError(answers.ciliumClusterwidePolicies),
    monitors: async () => unlessError(answers.monitors),
    namespace: async () => unlessError(answers.namespace),
    namespaces: async () => unlessError(answers.namespaces),
    events: async () => unlessError(answers.events),
    previousLog: async () => unlessError(answers.previousLog),
    kustomizations: async () => unlessError(answers.kustomizations),
    helmRelease: async () => unlessError(answers.helmRelease),
    ociRepository: async () => unlessError(answers.ociRepository),
    objects: async () => unlessError(answers.objects),
    object: async () => unlessError(answers.object),
  };
}
