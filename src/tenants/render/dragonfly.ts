import { cpuQuantity, flagOf } from "../size.ts";
import { tenantLabel } from "../tenant-file.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

export function renderDragonfly(own: OwnInstance): string {
  const { name, tenant, size, image } = own;
  return `apiVersion: dragonflydb.io/v1alpha1
kind: Dragonfly
metadata:
  name: ${name}
  namespace: ${name}
  labels:
    # On the resource itself any label will do; in its label fields the operator refuses \`app\` and most of app.kubernetes.io/*.
    app.kubernetes.io/part-of: platform-databases
    ${tenantLabel}: ${inline(tenant.name)}
spec:
  replicas: ${tenant.replicas}
  # Always pinned: without it the instance rolls whenever the operator is upgraded.
  image: ${inline(image)}
  imagePullPolicy: IfNotPresent
  args:
    - --proactor_threads=${size.threads}
    # At least 256 MiB a thread, or the server exits. Three quarters of the container's limit, so that writes are refused
    # before the kernel kills.
    - --maxmemory=${flagOf(size.maxmemoryMib)}
${argumentsFor(own)}
    # It phones home every day, which the network policy drops anyway.
    - --version_check=false
  resources:
    requests:
      cpu: ${inline(cpuQuantity(size.cpu))}
      memory: ${size.memoryMib}Mi
    # No CPU limit: throttling is latency.
    limits:
      memory: ${size.memoryMib}Mi
  serviceAccountName: dragonfly
  priorityClassName: platform-databases
  authentication:
    passwordFromSecret:
      name: ${name}
      key: password
  aclFromSecret:
    name: ${name}
    key: dragonfly.acl
${snapshotFor(own)}${serviceFor(own)}  # The operator's own budget over these pods. A second one of ours would make every eviction fail.
  pdb:
    minAvailable: ${tenant.replicas - 1}
  # Its policy shuts out other namespaces and the scraper; ours is complete.
  networkPolicyEnabled: false
  # A replica counts as ready only when it has the data, so that a drain cannot take the last good copy.
  enableReplicationReadinessGate: true
  customLivenessProbeConfigMap:
    name: dragonfly-liveness
  customReadinessProbeConfigMap:
    name: dragonfly-readiness
  podSecurityContext:
    # The image starts as root and drops to 999 by itself; told so, it never is root.
    runAsNonRoot: true
    runAsUser: 999
    runAsGroup: 999
    fsGroup: 999
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containerSecurityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
  topologySpreadConstraints:
    # No two on a node, ever.
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: DoNotSchedule
      labelSelector:
        matchLabels:
          app: ${name}
    # Over zones where there are enough; a lost zone must not keep a pod from coming back elsewhere.
    - maxSkew: 1
      topologyKey: topology.kubernetes.io/zone
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          app: ${name}
`;
}

function argumentsFor({ tenant }: OwnInstance): string {
  const lines = tenant.undeclaredKeys
    ? [
        "# The tenant's scripts touch keys that they do not declare. Nobody else is disturbed by it here.",
        "- --default_lua_flags=allow-undeclared-keys",
      ]
    : [
        "# As on the shared instance, so that a move changes nothing: scripts lock their hash tag instead of everything.",
        "- --cluster_mode=emulated",
        "- --lock_on_hashtags",
      ];
  if (tenant.eviction)
    lines.push("# A cache: old keys go when memory is full. Never for queues.", "- --cache_mode=true");
  lines.push(
    ...(tenant.persistence
      ? [
          "# One file, written anew and renamed. The default, dump-{timestamp}, is never pruned, and a full volume is a crash loop.",
          "- --dbfilename=dump",
        ]
      : ["# Keeps nothing: no file, not when it stops either.", "- --dbfilename="]),
  );
  return lines.map((line) => `    ${line}`).join("\n");
}

function snapshotFor({ tenant, size }: OwnInstance): string {
  if (!tenant.persistence) return "";
  return `  snapshot:
    cron: "0 */6 * * *"
    enableOnMasterOnly: true
    persistentVolumeClaimSpec:
      accessModes: [ReadWriteOnce]
      storageClassName: \${DRAGONFLY_STORAGE_CLASS}
      resources:
        requests:
          # Twice maxmemory, for the snapshot there is and the one being written, and half as much again. The operator drops
          # changes to a claim template: the claims are resized by hand as well.
          storage: ${size.volumeGib}Gi
`;
}

function serviceFor({ name, global }: OwnInstance): string {
  if (!global) return "";
  return `  # Leads to the primary. Global, so that its name works in the other cluster as well.
  serviceSpec:
    name: ${name}
    type: ClusterIP
    annotations:
      service.cilium.io/global: "true"
      service.cilium.io/shared: "true"
`;
}
