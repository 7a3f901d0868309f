import { z } from "zod";
import type * as platform from "../../platform/kubernetes.ts";
import { intOrString, labels, metadata, quantity, selector } from "./common.ts";
import { containerSecurityContext, podSecurityContext, probe, securityOf } from "./security.ts";

const container = z.object({
  name: z.string(),
  image: z.string().default(""),
  securityContext: containerSecurityContext,
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
});

/** What a pod, or the template of one, is made of. */
const podSpec = z.object({
  containers: z.array(container),
  initContainers: z.array(container).default([]),
  ephemeralContainers: z.array(container).default([]),
  securityContext: podSecurityContext,
});

function containersOf(spec: z.output<typeof podSpec>): readonly platform.Container[] {
  const of = (sort: platform.Container["sort"], all: readonly z.output<typeof container>[]) =>
    all.map(({ name, securityContext }) => ({
      name,
      sort,
      security: securityOf(spec.securityContext, securityContext),
    }));
  return [
    ...of("container", spec.containers),
    ...of("init", spec.initContainers),
    ...of("ephemeral", spec.ephemeralContainers),
  ];
}

export const deployment = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      selector,
      template: z.object({
        metadata: z.object({ labels }).prefault({}),
        spec: podSpec,
      }),
    }),
    status: z.object({ readyReplicas: z.number().default(0), availableReplicas: z.number().default(0) }).prefault({}),
  })
  .transform(
    ({ metadata: meta, spec, status }): platform.Deployment => ({
      meta,
      replicas: spec.replicas,
      readyReplicas: status.readyReplicas,
      availableReplicas: status.availableReplicas,
      podLabels: spec.template.metadata.labels,
      selector: spec.selector,
      images: spec.template.spec.containers.map(({ image }) => image),
      containers: containersOf(spec.template.spec),
    }),
  );

export const serverVersion = z.object({ gitVersion: z.string() });

export const customResourceDefinition = z
  .object({
    metadata,
    spec: z.object({ versions: z.array(z.object({ name: z.string(), served: z.boolean() })) }),
    status: z
      .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
      .prefault({}),
  })
  .transform(
    ({ metadata: meta, spec, status }): platform.CustomResourceDefinition => ({
      meta,
      established: status.conditions.some(({ type, status: value }) => type === "Established" && value === "True"),
      servedVersions: spec.versions.filter(({ served }) => served).map(({ name }) => name),
    }),
  );

const named = z.array(z.object({ name: z.string() })).default([]);

export const dragonfly = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      image: z.string().optional(),
      args: z.array(z.string()).default([]),
      snapshot: z.object({ cron: z.string().optional(), enableOnMasterOnly: z.boolean().default(false) }).prefault({}),
      pdb: z.object({ minAvailable: intOrString.optional() }).prefault({}),
      podSecurityContext,
      containerSecurityContext,
      initContainers: named,
      additionalContainers: named,
      topologySpreadConstraints: z.array(z.object({ topologyKey: z.string() })).default([]),
      customLivenessProbeConfigMap: z.object({ name: z.string() }).optional(),
      customReadinessProbeConfigMap: z.object({ name: z.string() }).optional(),
    }),
    status: z.object({ phase: z.string().optional(), isRollingUpdate: z.boolean().default(false) }).prefault({}),
  })
  .transform(
    ({ metadata: meta, spec, status }): platform.DragonflyResource => ({
      meta,
      replicas: spec.replicas,
      image: spec.image,
      args: spec.args,
      phase: status.phase,
      isRollingUpdate: status.isRollingUpdate,
      snapshotCron: spec.snapshot.cron,
      snapshotEnableOnMasterOnly: spec.snapshot.enableOnMasterOnly,
      pdbMinAvailable: spec.pdb.minAvailable,
      security: securityOf(spec.podSecurityContext, spec.containerSecurityContext),
      moreContainers: [...spec.initContainers, ...spec.additionalContainers].map(({ name }) => name),
      spreadOver: spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey),
      livenessConfigMap: spec.customLivenessProbeConfigMap?.name,
      readinessConfigMap: spec.customReadinessProbeConfigMap?.name,
    }),
  );

export const statefulSet = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      template: z.object({ spec: podSpec }),
    }),
    status: z
      .object({
        readyReplicas: z.number().default(0),
        updatedReplicas: z.number().default(0),
        currentRevision: z.string().default(""),
        updateRevision: z.string().default(""),
      })
      .prefault({}),
  })
  .transform(
    ({ metadata: meta, spec, status }): platform.StatefulSet => ({
      meta,
      replicas: spec.replicas,
      ...status,
      image: mainContainer(spec.template.spec.containers)?.image,
      containers: containersOf(spec.template.spec),
    }),
  );

/** The operator names its container `dragonfly`; a sidecar may come before it. */
function mainContainer<T extends { readonly name: string }>(containers: readonly T[]): T | undefined {
  return containers.find(({ name }) => name === "dragonfly") ?? containers[0];
}

const terminated = z.object({
  reason: z.string().default("Unknown"),
  exitCode: z.number(),
  finishedAt: z.string().nullish(),
});
const containerStatus = z.object({
  name: z.string(),
  image: z.string().default(""),
  restartCount: z.number().default(0),
  state: z.object({ waiting: z.object({ reason: z.string().optional() }).optional() }).prefault({}),
  lastState: z.object({ terminated: terminated.optional() }).prefault({}),
});

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens */
const projected = z.object({ sources: z.array(z.object({ serviceAccountToken: z.unknown() })).nullish() });

export const pod = z
  .object({
    metadata,
    spec: podSpec.extend({
      nodeName: z.string().optional(),
      hostNetwork: z.boolean().optional(),
      serviceAccountName: z.string().optional(),
      volumes: z.array(z.object({ projected: projected.optional() })).default([]),
    }),
    status: z
      .object({
        phase: z.string().default("Unknown"),
        podIP: z.string().optional(),
        startTime: z.string().optional(),
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
        containerStatuses: z.array(containerStatus).default([]),
      })
      .prefault({}),
  })
  .transform(({ metadata: meta, spec, status }): platform.Pod => {
    const main = mainContainer(status.containerStatuses);
    const last = main?.lastState.terminated;
    const asked = mainContainer(spec.containers);
    return {
      meta,
      phase: status.phase,
      ready: status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
      ip: status.podIP,
      node: spec.nodeName,
      hostNetwork: spec.hostNetwork,
      serviceAccount: spec.serviceAccountName,
      roleLabel: meta.labels["role"],
      image: asked?.image ?? "",
      restarts: main?.restartCount ?? 0,
      waitingReason: main?.state.waiting?.reason,
      lastTermination:
        last === undefined
          ? undefined
          : { reason: last.reason, exitCode: last.exitCode, finishedAt: last.finishedAt ?? undefined },
      startedAt: status.startTime,
      containers: containersOf(spec),
      hasToken: spec.volumes.some(({ projected: volume }) =>
        (volume?.sources ?? []).some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
      ),
      livenessProbe: asked?.livenessProbe,
      readinessProbe: asked?.readinessProbe,
    };
  });

export const node = z
  .object({
    metadata,
    spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
    status: z
      .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
      .prefault({}),
  })
  .transform(
    ({ metadata: meta, spec, status }): platform.Node => ({
      meta,
      zone: meta.labels["topology.kubernetes.io/zone"],
      ready: status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
      unschedulable: spec.unschedulable,
    }),
  );

export const persistentVolumeClaim = z
  .object({
    metadata,
    spec: z.object({
      storageClassName: z.string().optional(),
      resources: z.object({ requests: z.object({ storage: quantity }) }),
    }),
    status: z
      .object({ phase: z.string().default("Pending"), capacity: z.object({ storage: quantity }).optional() })
      .prefault({}),
  })
  .transform(
    ({ metadata: meta, spec, status }): platform.PersistentVolumeClaim => ({
      meta,
      phase: status.phase,
      storageClass: spec.storageClassName,
      requestedBytes: spec.resources.requests.storage,
      capacityBytes: status.capacity?.storage,
    }),
  );
