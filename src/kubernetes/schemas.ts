import { z } from "zod";
import type * as platform from "../platform/kubernetes.ts";
import { parseQuantity } from "./quantity.ts";

/**
 * From the API's answers to the narrow types of `src/platform/`: tolerant of everything we do not use, strict on what we
 * do. Fields that the API leaves out when empty get their documented default here, so nothing past this has to know.
 */

const labels = z.record(z.string(), z.string()).default({});
const quantity = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = parseQuantity(String(value));
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: `not a quantity: ${value}` });
  return z.NEVER;
});
const intOrString = z.union([z.string(), z.number()]).transform(String);

const metadata = z
  .object({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().default(""),
    resourceVersion: z.string().default(""),
    labels,
    annotations: labels,
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().optional(),
  })
  .transform(
    ({ creationTimestamp, deletionTimestamp, ...rest }): platform.ObjectMeta => ({
      ...rest,
      createdAt: creationTimestamp ?? "",
      deletedAt: deletionTimestamp,
    }),
  );

const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});

const container = z.object({ name: z.string(), image: z.string().default("") });

export const deployment = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      selector,
      template: z.object({
        metadata: z.object({ labels }).prefault({}),
        spec: z.object({ containers: z.array(container) }),
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
    }),
  );

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

export const dragonfly = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      image: z.string().optional(),
      args: z.array(z.string()).default([]),
      snapshot: z.object({ cron: z.string().optional(), enableOnMasterOnly: z.boolean().default(false) }).prefault({}),
      pdb: z.object({ minAvailable: intOrString.optional() }).prefault({}),
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
    }),
  );

export const statefulSet = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      template: z.object({ spec: z.object({ containers: z.array(container) }) }),
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

export const pod = z
  .object({
    metadata,
    spec: z.object({ nodeName: z.string().optional(), containers: z.array(container) }),
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
    return {
      meta,
      phase: status.phase,
      ready: status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
      ip: status.podIP,
      node: spec.nodeName,
      roleLabel: meta.labels["role"],
      image: mainContainer(spec.containers)?.image ?? "",
      restarts: main?.restartCount ?? 0,
      waitingReason: main?.state.waiting?.reason,
      lastTermination:
        last === undefined
          ? undefined
          : { reason: last.reason, exitCode: last.exitCode, finishedAt: last.finishedAt ?? undefined },
      startedAt: status.startTime,
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

export const service = z
  .object({
    metadata,
    spec: z.object({
      type: z.string().default("ClusterIP"),
      clusterIP: z.string().optional(),
      selector: labels,
      ports: z
        .array(z.object({ name: z.string().optional(), port: z.number(), targetPort: intOrString.optional() }))
        .default([]),
    }),
  })
  .transform(
    ({ metadata: meta, spec }): platform.Service => ({
      meta,
      type: spec.type,
      clusterIp: spec.clusterIP,
      selector: spec.selector,
      ports: spec.ports.map(({ name, port, targetPort }) => ({ name, port, targetPort: targetPort ?? String(port) })),
    }),
  );

/** One slice holds several endpoints, an endpoint several addresses; `ready` left out counts as ready (API reference). */
export const endpointSlice = z
  .object({
    metadata,
    ports: z.array(z.object({ port: z.number().optional() })).nullish(),
    endpoints: z
      .array(
        z.object({
          addresses: z.array(z.string()),
          conditions: z.object({ ready: z.boolean().nullish() }).prefault({}),
          targetRef: z.object({ kind: z.string(), name: z.string() }).optional(),
        }),
      )
      .nullish(),
  })
  .transform(({ metadata: meta, endpoints, ports }): readonly platform.Endpoint[] =>
    (endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) =>
      addresses.map((address) => ({
        service: meta.labels["kubernetes.io/service-name"] ?? "",
        address,
        ready: conditions.ready ?? true,
        pod: targetRef?.kind === "Pod" ? targetRef.name : undefined,
        port: ports?.[0]?.port,
      })),
    ),
  );

export const podDisruptionBudget = z
  .object({
    metadata,
    spec: z.object({
      selector: selector.prefault({}),
      minAvailable: intOrString.optional(),
      maxUnavailable: intOrString.optional(),
    }),
    status: z
      .object({
        currentHealthy: z.number().default(0),
        desiredHealthy: z.number().default(0),
        disruptionsAllowed: z.number().default(0),
      })
      .prefault({}),
  })
  .transform(({ metadata: meta, spec, status }): platform.PodDisruptionBudget => ({ meta, ...spec, ...status }));

/** Policy types left out: Ingress always, Egress when there are egress rules (API reference of NetworkPolicySpec). */
export const networkPolicy = z
  .object({
    metadata,
    spec: z.object({
      podSelector: selector.prefault({}),
      policyTypes: z.array(z.string()).optional(),
      ingress: z.array(z.unknown()).default([]),
      egress: z.array(z.unknown()).default([]),
    }),
  })
  .transform(
    ({ metadata: meta, spec }): platform.NetworkPolicy => ({
      meta,
      podSelector: spec.podSelector,
      policyTypes: spec.policyTypes ?? ["Ingress", ...(spec.egress.length > 0 ? ["Egress"] : [])],
      ingressRules: spec.ingress.length,
      egressRules: spec.egress.length,
    }),
  );

const endpointPort = z.object({ port: z.string().optional() });

export const monitor = (kind: platform.Monitor["kind"]) =>
  z
    .object({
      metadata,
      spec: z
        .object({
          selector: selector.optional(),
          podMetricsEndpoints: z.array(endpointPort).default([]),
          endpoints: z.array(endpointPort).default([]),
        })
        .prefault({}),
    })
    .transform(
      ({ metadata: meta, spec }): platform.Monitor => ({
        meta,
        kind,
        selector: spec.selector,
        ports: [...spec.podMetricsEndpoints, ...spec.endpoints].flatMap(({ port }) =>
          port === undefined ? [] : [port],
        ),
      }),
    );
