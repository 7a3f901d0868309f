import { isDeepStrictEqual } from "node:util";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { recordEvent } from "../events.ts";
import { places } from "../places.ts";
import { type DragonflyView, ownedBy, record } from "../views.ts";

/** The labels that the operator gives to everything of an instance. */
export function instanceLabels(name: string): Record<string, string> {
  return { app: name, "app.kubernetes.io/name": "dragonfly", "app.kubernetes.io/part-of": "dragonfly" };
}

/** Creates or updates what the operator v1.6.1 makes of a Dragonfly resource: StatefulSet, Service and PDB. */
export function applyResources(store: ObjectStore, resource: DragonflyView): void {
  const { name, namespace } = resource.metadata;
  const metadata = {
    namespace,
    labels: { ...instanceLabels(name), "app.kubernetes.io/managed-by": "dragonfly-operator" },
    ownerReferences: ownedBy({
      apiVersion: "dragonflydb.io/v1alpha1",
      kind: "Dragonfly",
      metadata: { name, uid: resource.metadata.uid },
    }),
  };
  const set = store.get(places.statefulSets, namespace, name);
  store.apply(places.statefulSets, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...metadata, name },
    spec: withKeptClaims(store, resource, record(set?.["spec"])),
    ...(set === undefined ? {} : { status: set["status"] }),
  });
  applyService(store, resource, metadata);
  applyBudget(store, resource, metadata);
}

/**
 * Kubernetes refuses changes to a claim template. The operator drops them, says so in an event, and makes the others.
 * (facts: section 2)
 */
function withKeptClaims(
  store: ObjectStore,
  resource: DragonflyView,
  before: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const spec = statefulSetSpec(resource);
  const kept = before["volumeClaimTemplates"];
  if (kept === undefined || isDeepStrictEqual(kept, spec["volumeClaimTemplates"])) return spec;
  recordEvent(
    store,
    { kind: "Dragonfly", metadata: resource.metadata },
    {
      type: "Warning",
      reason: "ImmutableField",
      message:
        "volumeClaimTemplates of a StatefulSet cannot be changed: the change is dropped, the claims stay as they are",
    },
  );
  return { ...spec, volumeClaimTemplates: kept };
}

function statefulSetSpec({ metadata: { name }, spec }: DragonflyView): Record<string, unknown> {
  const claim = spec.snapshot?.persistentVolumeClaimSpec;
  return {
    replicas: spec.replicas,
    serviceName: name,
    podManagementPolicy: "Parallel",
    updateStrategy: { type: "OnDelete" },
    selector: { matchLabels: instanceLabels(name) },
    template: {
      metadata: { labels: instanceLabels(name) },
      spec: {
        ...(spec.serviceAccountName === undefined ? {} : { serviceAccountName: spec.serviceAccountName }),
        ...(spec.priorityClassName === undefined ? {} : { priorityClassName: spec.priorityClassName }),
        ...(spec.podSecurityContext === undefined ? {} : { securityContext: spec.podSecurityContext }),
        ...(spec.topologySpreadConstraints === undefined
          ? {}
          : { topologySpreadConstraints: spec.topologySpreadConstraints }),
        containers: [
          {
            name: "dragonfly",
            image: spec.image,
            imagePullPolicy: spec.imagePullPolicy,
            args: serverArguments(spec),
            ports: [
              { name: "redis", containerPort: 6379, protocol: "TCP" },
              { name: "admin", containerPort: 9999, protocol: "TCP" },
            ],
            resources: spec.resources,
            ...(spec.containerSecurityContext === undefined ? {} : { securityContext: spec.containerSecurityContext }),
            env: environment(spec),
            ...probes(spec),
            volumeMounts: [
              ...(claim === undefined ? [] : [{ name: "df", mountPath: spec.snapshot?.dir }]),
              ...files(spec).map(({ mount }) => mount),
            ],
          },
        ],
        volumes: files(spec).map(({ volume }) => volume),
      },
    },
    volumeClaimTemplates: claim === undefined ? [] : [{ metadata: { name: "df" }, spec: claim }],
  };
}

function environment({ authentication }: DragonflyView["spec"]): readonly unknown[] {
  const { passwordFromSecret } = authentication;
  return [
    { name: "HEALTHCHECK_PORT", value: "9999" },
    ...(passwordFromSecret === undefined
      ? []
      : [{ name: "DFLY_requirepass", valueFrom: { secretKeyRef: passwordFromSecret } }]),
  ];
}

const probeFolder = "/etc/dragonfly/probes";
const aclFolder = "/var/lib/dragonfly";

/** Fixed timings; the script is the resource's own or one that opens a connection to 9999. */
function probes(spec: DragonflyView["spec"]): Record<string, unknown> {
  const probe = (script: string) => ({
    exec: { command: ["/bin/sh", `${probeFolder}/${script}`] },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
  });
  const byDefault = { tcpSocket: { port: 9999 }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
  return {
    livenessProbe: spec.customLivenessProbeConfigMap === undefined ? byDefault : probe("liveness-check.sh"),
    readinessProbe: spec.customReadinessProbeConfigMap === undefined ? byDefault : probe("readiness-check.sh"),
  };
}

/** The volumes that the operator makes of Secrets and ConfigMaps, and where they are mounted. */
function files(spec: DragonflyView["spec"]) {
  const script = (name: string | undefined, volume: string, key: string) =>
    name === undefined
      ? []
      : [
          {
            volume: { name: volume, configMap: { name, defaultMode: 0o755 } },
            mount: { name: volume, mountPath: `${probeFolder}/${key}`, subPath: key },
          },
        ];
  const acl = spec.aclFromSecret;
  return [
    ...(acl === undefined
      ? []
      : [
          {
            volume: {
              name: "dragonfly-acl",
              secret: { secretName: acl.name, items: [{ key: acl.key, path: "dragonfly.acl" }] },
            },
            mount: { name: "dragonfly-acl", mountPath: aclFolder },
          },
        ]),
    ...script(spec.customLivenessProbeConfigMap?.name, "liveness-probe", "liveness-check.sh"),
    ...script(spec.customReadinessProbeConfigMap?.name, "readiness-probe", "readiness-check.sh"),
  ];
}

function serverArguments({ args, snapshot, aclFromSecret }: DragonflyView["spec"]): readonly string[] {
  return [
    "--alsologtostderr",
    "--break_replication_on_master_restart=true",
    "--primary_port_http_enabled=false",
    "--admin_port=9999",
    "--admin_nopass",
    ...args,
    ...(aclFromSecret === undefined ? [] : [`--aclfile=${aclFolder}/dragonfly.acl`]),
    ...(snapshot === undefined ? [] : [`--dir=${snapshot.dir}`]),
    ...(snapshot?.cron === undefined ? [] : [`--snapshot_cron=${snapshot.cron}`]),
  ];
}

interface Meta {
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly ownerReferences: ReturnType<typeof ownedBy>;
}

function applyService(store: ObjectStore, { metadata, spec }: DragonflyView, meta: Meta): void {
  const name = spec.serviceSpec.name ?? metadata.name;
  // The address that the cluster gave it stays.
  const { clusterIP, clusterIPs } = record(store.get(places.services, metadata.namespace, name)?.["spec"]);
  store.apply(places.services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...meta, name, annotations: spec.serviceSpec.annotations },
    spec: {
      type: spec.serviceSpec.type ?? "ClusterIP",
      selector: { app: metadata.name, "app.kubernetes.io/name": "dragonfly", role: "master" },
      ports: [{ name: "redis", port: 6379, targetPort: 6379, protocol: "TCP" }],
      ...(clusterIP === undefined ? {} : { clusterIP, clusterIPs }),
    },
  });
}

function applyBudget(store: ObjectStore, { metadata: { name, namespace }, spec }: DragonflyView, meta: Meta): void {
  if (spec.replicas < 2) return;
  const before = store.get(places.budgets, namespace, name);
  store.apply(places.budgets, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { ...meta, name },
    spec: {
      ...(spec.pdb?.minAvailable === undefined
        ? { maxUnavailable: spec.pdb?.maxUnavailable ?? 1 }
        : { minAvailable: spec.pdb.minAvailable }),
      selector: { matchLabels: instanceLabels(name) },
    },
    ...(before === undefined ? {} : { status: before["status"] }),
  });
}
