import { z } from "zod";

/**
 * The Dragonfly resource as we write it: the fields of the operator's v1.6.1 CRD (dragonflydb.io/v1alpha1,
 * api/v1alpha1/dragonfly_types.go) that our manifests use, and no other. Every object is strict, so that a field
 * which the API server would drop in silence is an error here. Left out on purpose, although the CRD has them: `labels`
 * (deprecated for podMetadata) and the ways to add containers and volumes.
 */

const name = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a Kubernetes name: lower case letters, digits and dashes, at most 63",
  );

/** Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const quantity = z.union([
  z.int().min(0),
  z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/, "a quantity such as 500m or 4Gi"),
]);
const texts = z.record(z.string(), z.string());

/** In labels for its own objects the operator refuses these, and then makes nothing at all. */
const reserved = /^(app|app\.kubernetes\.io\/(name|instance|component|version|part-of|managed-by))$/;
const ownedLabels = texts.refine(
  (labels) => !Object.keys(labels).some((key) => reserved.test(key)),
  "the operator refuses app and app.kubernetes.io/{name,instance,component,version,part-of,managed-by} here",
);
const ownedMetadata = z.strictObject({ annotations: texts.optional(), labels: ownedLabels.optional() });

const secretKey = z.strictObject({ name, key: z.string().min(1) });
const amounts = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });

const securityContext = {
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.int().min(0).optional(),
  runAsGroup: z.int().min(0).optional(),
  seccompProfile: z.strictObject({ type: z.enum(["RuntimeDefault", "Localhost", "Unconfined"]) }).optional(),
};

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(["Exists", "Equal"]).optional(),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
  tolerationSeconds: z.int().optional(),
});

const claim = z.strictObject({
  accessModes: z.array(z.enum(["ReadWriteOnce", "ReadWriteOncePod"])).length(1),
  storageClassName: z.string().min(1),
  resources: z.strictObject({ requests: z.strictObject({ storage: quantity }) }),
});

/** What the operator passes itself comes before ours in the command line, and ours would win. */
const operatorFlags =
  /^--?(alsologtostderr|break_replication_on_master_restart|primary_port_http_enabled|admin_port|admin_nopass|aclfile|dir|snapshot_cron|replicaof)(=|$)/;
const argument = z
  .string()
  .startsWith("--")
  .refine((text) => !operatorFlags.test(text), "the operator sets this flag by itself");

const spec = z
  .strictObject({
    replicas: z.int().min(1),
    image: z
      .string()
      .regex(
        /(@sha256:[0-9a-f]{64}|:(?!latest$)[\w][\w.-]*)$/,
        "pinned by tag or digest, or it rolls with the operator",
      ),
    imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).optional(),
    imagePullSecrets: z.array(z.strictObject({ name })).optional(),
    args: z.array(argument).optional(),
    env: z
      .array(z.strictObject({ name: z.string().min(1), value: z.string() }))
      .refine((all) => all.every((one) => !one.name.startsWith("DFLY_")), "the server takes DFLY_* as flags: use args")
      .optional(),
    resources: z.strictObject({ requests: amounts.optional(), limits: amounts.optional() }).optional(),
    podMetadata: ownedMetadata.optional(),
    ownedObjectsMetadata: ownedMetadata.optional(),
    serviceAccountName: name.optional(),
    priorityClassName: name.optional(),
    nodeSelector: texts.optional(),
    tolerations: z.array(toleration).optional(),
    topologySpreadConstraints: z
      .array(
        z.strictObject({
          maxSkew: z.int().min(1),
          topologyKey: z.string().min(1),
          whenUnsatisfiable: z.enum(["DoNotSchedule", "ScheduleAnyway"]),
          labelSelector: z.strictObject({ matchLabels: texts }),
        }),
      )
      .optional(),
    authentication: z.strictObject({ passwordFromSecret: secretKey }).optional(),
    aclFromSecret: secretKey.optional(),
    tlsSecretRef: z.strictObject({ name }).optional(),
    snapshot: z
      .strictObject({
        cron: z
          .string()
          .regex(/^\S+( \S+){4}$/, "five fields, as in cron")
          .optional(),
        dir: z.string().min(1).optional(),
        enableOnMasterOnly: z.boolean().optional(),
        persistentVolumeClaimSpec: claim.optional(),
        existingPersistentVolumeClaimName: name.optional(),
      })
      .refine(
        (snapshot) =>
          snapshot.persistentVolumeClaimSpec === undefined || snapshot.existingPersistentVolumeClaimName === undefined,
        "persistentVolumeClaimSpec or existingPersistentVolumeClaimName, not both",
      )
      .optional(),
    serviceSpec: z
      .strictObject({
        type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).optional(),
        name: name.optional(),
        nodePort: z.int().min(1).max(65_535).optional(),
        annotations: texts.optional(),
        labels: ownedLabels.optional(),
      })
      .optional(),
    pdb: z
      .union([
        z.strictObject({ minAvailable: z.union([z.int().min(0), z.string().regex(/^\d+%$/)]) }),
        z.strictObject({ maxUnavailable: z.union([z.int().min(0), z.string().regex(/^\d+%$/)]) }),
      ])
      .optional(),
    networkPolicyEnabled: z.boolean().optional(),
    enableReplicationReadinessGate: z.boolean().optional(),
    customLivenessProbeConfigMap: z.strictObject({ name }).optional(),
    customReadinessProbeConfigMap: z.strictObject({ name }).optional(),
    customStartupProbeConfigMap: z.strictObject({ name }).optional(),
    podSecurityContext: z
      .strictObject({
        ...securityContext,
        fsGroup: z.int().min(0).optional(),
        fsGroupChangePolicy: z.enum(["OnRootMismatch", "Always"]).optional(),
      })
      .optional(),
    containerSecurityContext: z
      .strictObject({
        ...securityContext,
        allowPrivilegeEscalation: z.boolean().optional(),
        readOnlyRootFilesystem: z.boolean().optional(),
        capabilities: z
          .strictObject({ drop: z.array(z.string()).optional(), add: z.array(z.string()).optional() })
          .optional(),
      })
      .optional(),
  })
  .refine(
    ({ pdb, replicas }) =>
      pdb === undefined ||
      !("minAvailable" in pdb) ||
      typeof pdb.minAvailable === "string" ||
      pdb.minAvailable < replicas,
    { path: ["pdb", "minAvailable"], message: "must be below replicas, or no pod can ever be evicted" },
  );

/** A server reads every DFLY_* variable as a flag, and Kubernetes makes such variables of a Service's name. */
const ownName = name.refine((text) => !text.startsWith("dfly"), "Services named dfly* stop the servers beside them");

export const dragonflySchema = z
  .strictObject({
    apiVersion: z.literal("dragonflydb.io/v1alpha1"),
    kind: z.literal("Dragonfly"),
    metadata: z.strictObject({
      name: ownName,
      namespace: name,
      labels: texts.optional(),
      annotations: texts.optional(),
    }),
    spec,
  })
  .refine(({ spec: { serviceSpec } }) => !(serviceSpec?.name ?? "").startsWith("dfly"), {
    path: ["spec", "serviceSpec", "name"],
    message: "Services named dfly* stop the servers beside them",
  });

/** A Dragonfly resource that the schema accepted. */
export type DragonflyManifest = z.infer<typeof dragonflySchema>;
