import { z } from "zod";
import type { KubeObject, ObjectStore, Place } from "../kubernetes/object-store.ts";

/** What the controllers read of the objects, parsed: somebody may have written anything through the API. */

const labels = z.record(z.string(), z.string());
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().default(""),
  uid: z.string().default(""),
  generation: z.number().default(1),
  labels: labels.default({}),
  annotations: labels.default({}),
  deletionTimestamp: z.string().optional(),
  creationTimestamp: z.string().default(""),
  ownerReferences: z.array(z.looseObject({ uid: z.string() })).default([]),
});
const selector = z.looseObject({ matchLabels: labels.default({}) });
const intOrString = z.union([z.number(), z.string()]);
const containerPort = z.looseObject({ name: z.string().optional(), containerPort: z.number() });
const environmentVariable = z.looseObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      secretKeyRef: z
        .looseObject({ name: z.string(), key: z.string(), optional: z.boolean().default(false) })
        .optional(),
    })
    .optional(),
});
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  ports: z.array(containerPort).default([]),
  env: z.array(environmentVariable).default([]),
  volumeMounts: z
    .array(z.looseObject({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
  readinessProbe: z.looseObject({ exec: z.looseObject({ command: z.array(z.string()) }).optional() }).optional(),
});
const items = z.array(z.looseObject({ key: z.string(), path: z.string() })).optional();
const volume = z.looseObject({
  name: z.string().default(""),
  persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
  secret: z.looseObject({ secretName: z.string(), items }).optional(),
  configMap: z.looseObject({ name: z.string(), items }).optional(),
});
const condition = z.looseObject({ type: z.string(), status: z.string(), lastTransitionTime: z.string().optional() });
const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels: labels.default({}), annotations: labels.default({}) }).prefault({}),
  spec: z.looseObject({
    containers: z.array(container),
    volumes: z.array(volume).default([]),
    serviceAccountName: z.string().optional(),
    priorityClassName: z.string().optional(),
  }),
});
export type PodTemplate = z.infer<typeof podTemplate>;
const claimTemplate = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()),
});

export const podView = z.looseObject({
  metadata,
  spec: z.looseObject({
    nodeName: z.string().optional(),
    restartPolicy: z.string().default("Always"),
    containers: z.array(container),
    ephemeralContainers: z.array(container).default([]),
    volumes: z.array(volume).default([]),
  }),
  status: z
    .looseObject({
      podIP: z.string().optional(),
      conditions: z.array(condition).default([]),
      containerStatuses: z
        .array(
          z.looseObject({
            containerID: z.string().optional(),
            state: z.looseObject({ waiting: z.looseObject({ reason: z.string() }).optional() }).prefault({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type PodView = z.infer<typeof podView>;

export const statefulSetView = z.looseObject({
  metadata,
  spec: z.looseObject({
    replicas: z.number().default(1),
    template: podTemplate,
    volumeClaimTemplates: z.array(claimTemplate).default([]),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().optional(),
      currentRevision: z.string().optional(),
      updateRevision: z.string().optional(),
    })
    .prefault({}),
});

export const deploymentView = z.looseObject({
  metadata,
  spec: z.looseObject({ replicas: z.number().default(1), template: podTemplate }),
});

export const serviceView = z.looseObject({
  metadata,
  spec: z.looseObject({
    selector: labels.default({}),
    clusterIP: z.string().optional(),
    ports: z
      .array(z.looseObject({ name: z.string().optional(), port: z.number(), targetPort: intOrString.optional() }))
      .default([]),
  }),
});
export type ServiceView = z.infer<typeof serviceView>;

export const sliceView = z.looseObject({
  metadata,
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.string()),
        conditions: z.looseObject({ ready: z.boolean().default(true) }).prefault({}),
      }),
    )
    .default([]),
  ports: z.array(z.looseObject({ port: z.number() })).default([]),
});

export const budgetView = z.looseObject({
  metadata,
  spec: z.looseObject({
    selector: selector.prefault({}),
    minAvailable: intOrString.optional(),
    maxUnavailable: intOrString.optional(),
  }),
});

export const claimView = z.looseObject({
  metadata,
  spec: z.looseObject({ resources: z.looseObject({ requests: z.looseObject({ storage: z.string() }) }) }),
});

export const nodeView = z.looseObject({
  metadata,
  spec: z.looseObject({ unschedulable: z.boolean().default(false) }).prefault({}),
  status: z.looseObject({ conditions: z.array(condition).default([]) }).prefault({}),
});

const secretKey = z.looseObject({ name: z.string(), key: z.string() });
const nameReference = z.looseObject({ name: z.string() });

export const dragonflyView = z.looseObject({
  metadata,
  spec: z.looseObject({
    replicas: z.number().default(1),
    image: z.string().default("docker.dragonflydb.io/dragonflydb/dragonfly:v1.39.0"),
    imagePullPolicy: z.string().default("Always"),
    args: z.array(z.string()).default([]),
    resources: z.record(z.string(), z.unknown()).default({}),
    snapshot: z
      .looseObject({
        dir: z.string().default("/dragonfly/snapshots"),
        cron: z.string().optional(),
        enableOnMasterOnly: z.boolean().optional(),
        persistentVolumeClaimSpec: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
    serviceSpec: z
      .looseObject({ name: z.string().optional(), type: z.string().optional(), annotations: labels.default({}) })
      .prefault({}),
    serviceAccountName: z.string().optional(),
    priorityClassName: z.string().optional(),
    authentication: z.looseObject({ passwordFromSecret: secretKey.optional() }).prefault({}),
    aclFromSecret: secretKey.optional(),
    customLivenessProbeConfigMap: nameReference.optional(),
    customReadinessProbeConfigMap: nameReference.optional(),
    pdb: z.looseObject({ minAvailable: intOrString.optional(), maxUnavailable: intOrString.optional() }).optional(),
    podSecurityContext: z.record(z.string(), z.unknown()).optional(),
    containerSecurityContext: z.record(z.string(), z.unknown()).optional(),
    topologySpreadConstraints: z.array(z.unknown()).optional(),
  }),
  status: z.looseObject({ phase: z.string().optional(), isRollingUpdate: z.boolean().default(false) }).prefault({}),
});
export type DragonflyView = z.infer<typeof dragonflyView>;

/** All objects of a kind that have its shape; what somebody broke through the API is passed over. */
export function listViews<T>(store: ObjectStore, place: Place, view: z.ZodType<T>, namespace?: string): readonly T[] {
  return store.list(place, namespace).flatMap((object) => {
    const parsed = view.safeParse(object);
    return parsed.success ? [parsed.data] : [];
  });
}

/** One object, or undefined when it is not there or not of its kind's shape. */
export function getView<T>(
  store: ObjectStore,
  place: Place,
  view: z.ZodType<T>,
  namespace: string | undefined,
  name: string,
): T | undefined {
  const object = store.get(place, namespace, name);
  if (object === undefined) return undefined;
  const parsed = view.safeParse(object);
  return parsed.success ? parsed.data : undefined;
}

const anyRecord = z.record(z.string(), z.unknown());

/** A part of an object as it is stored, for changing one field and keeping the rest. */
export function record(value: unknown): Record<string, unknown> {
  const parsed = anyRecord.safeParse(value);
  return parsed.success ? parsed.data : {};
}

export function isReady(pod: Pick<PodView, "status" | "metadata">): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined &&
    pod.status.conditions.some(({ type, status }) => type === "Ready" && status === "True")
  );
}

/** Whether labels carry every pair of an equality selector. */
export function carries(actual: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => actual[key] === value);
}

/** A reference that makes the store delete the object together with its owner. */
export function ownedBy(owner: Pick<KubeObject, "apiVersion" | "kind"> & { metadata: { name: string; uid: string } }) {
  return [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid,
      controller: true,
    },
  ];
}
