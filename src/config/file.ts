import { z } from "zod";
import { alertsSchema } from "./alerts.ts";
import { approvalsSchema } from "./approvals.ts";
import { drillSchema } from "./drill.ts";
import { probesSchema } from "./probes.ts";
import { schedulesSchema } from "./schedules.ts";
import { tenantsSchema } from "./tenants.ts";
import { verifySchema } from "./verify.ts";

/** A Kubernetes name (RFC 1123 label): keeps shell characters and typing mistakes out of everything below. */
const kubernetesName = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a Kubernetes name: lower case letters, digits and dashes, at most 63",
  );

const ratio = z.number().gt(0).max(1);

const clusterSchema = z.strictObject({
  name: kubernetesName.describe("What people and reports call the cluster"),
  context: z.string().min(1).optional().describe("Context in the kubeconfig; the cluster's name when left out"),
  inCluster: z.boolean().default(false).describe("Use the service account of the pod that the bot runs in"),
  reachPods: z
    .enum(["auto", "direct", "port-forward"])
    .default("auto")
    .describe("How the admin port is reached: by pod IP, or through the API server; auto: direct when in the cluster"),
});

const instanceSchema = z.strictObject({
  name: kubernetesName.describe("Name of the Dragonfly resource"),
  namespace: kubernetesName,
  cluster: kubernetesName,
  image: z.string().min(1).optional().describe("The pinned image; status compares every pod with it"),
  replicas: z.int().min(1).default(3).describe("Pods expected, the primary included"),
  clientDns: z.string().min(1).optional().describe("host:port that clients use"),
  globalService: kubernetesName.optional().describe("Cilium global Service in front of the primary"),
});

const operatorSchema = z.strictObject({
  cluster: kubernetesName.default("infra"),
  namespace: kubernetesName.default("dragonfly-operator-system"),
  deployment: kubernetesName.default("dragonfly-operator"),
  image: z
    .string()
    .min(1)
    .default("ghcr.io/dragonflydb/operator")
    .describe("Where the operator's image is from, without its version"),
  version: z.string().min(1).default("v1.6.1").describe("Pinned version of the operator's image"),
  minReplicas: z.int().min(1).default(2),
});

const thresholdsSchema = z.strictObject({
  memoryWarn: ratio.default(0.8).describe("Used memory against maxmemory"),
  memoryFail: ratio.default(0.9),
  clientsWarn: ratio.default(0.8).describe("Connected clients against max_clients"),
  diskWarn: ratio.default(0.85).describe("Used bytes of a volume against its capacity"),
  diskFail: ratio.default(0.95),
  lagWarnRecords: z.int().min(1).default(100_000).describe("Journal records a replica may be behind"),
  linkStaleSeconds: z.int().min(1).default(30).describe("Silence on the replication link"),
  snapshotMaxAgeHours: z.number().gt(0).default(7).describe("One cron interval and an hour"),
  recentRestartMinutes: z.int().min(1).default(60),
  slowCommandMs: z.number().gt(0).default(100).describe("A slow log entry worth a word"),
});

export const configSchema = z.strictObject({
  clusters: z
    .array(clusterSchema)
    .min(1)
    .default([
      { name: "infra", inCluster: false, reachPods: "auto" },
      { name: "apps", inCluster: false, reachPods: "auto" },
    ]),
  shared: instanceSchema
    .default({
      name: "dragonfly",
      namespace: "dragonfly-system",
      cluster: "infra",
      image: "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1",
      replicas: 3,
      clientDns: "dragonfly.dragonfly-system.svc.cluster.local:6379",
      globalService: "dragonfly-global",
    })
    .describe("The instance that commands mean when none is named"),
  instances: z.array(instanceSchema).default([]).describe("Further instances, by name"),
  operator: operatorSchema.prefault({}),
  home: z
    .strictObject({ namespace: kubernetesName.default("dragonfly-bot") })
    .prefault({})
    .describe("The bot's own namespace in the shared instance's cluster, where it keeps its runs"),
  flux: z
    .strictObject({ namespace: kubernetesName.default("flux-system") })
    .prefault({})
    .describe("Where Flux keeps its Kustomizations"),
  metrics: z
    .strictObject({
      scraper: z
        .strictObject({
          namespace: kubernetesName.default("observability"),
          labels: z.record(z.string(), z.string()).default({ app: "vmagent" }),
        })
        .prefault({})
        .describe("The pods that collect the metrics"),
    })
    .prefault({}),
  namespaces: z
    .strictObject({
      allowed: z.array(kubernetesName).default(["gitlab-system", "harbor"]),
      denied: z.array(kubernetesName).default([]).describe("Some that must not get through, whatever else is tried"),
      allowedLabels: z
        .record(z.string(), z.string())
        .default({ "access.platform/dragonfly": "true" })
        .describe("Labels by which the network policies let further namespaces in"),
    })
    .prefault({}),
  probes: probesSchema.prefault({}),
  slack: z
    .strictObject({
      channels: z
        .strictObject({
          operations: z.string().min(1).optional(),
          alerts: z.string().min(1).optional(),
          audit: z.string().min(1).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  tenants: tenantsSchema.prefault({}),
  approvals: approvalsSchema.prefault({}),
  permissions: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe(
      "Groups of approvals.groups whose members may run a runbook, by its id, or `*`; without an entry everybody",
    ),
  runs: z
    .strictObject({
      leaseSeconds: z
        .number()
        .min(1)
        .max(300)
        .default(10)
        .describe("A process that shows no life for this long has lost its runs to the others"),
      concurrency: z.int().min(1).max(50).default(4).describe("Changes that one process carries on at once"),
      keepDays: z
        .int()
        .min(1)
        .default(90)
        .describe("How long a run that ended is kept; the audit log keeps it for good"),
    })
    .prefault({}),
  alerts: alertsSchema.prefault({}),
  thresholds: thresholdsSchema.prefault({}),
  schedules: schedulesSchema.prefault({}),
  verify: verifySchema.prefault({}),
  drill: drillSchema.prefault({}),
  readTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe("How long one source may take before it is unknown"),
});

/** The parsed dfbot.yaml, every default filled in. */
export type Config = z.infer<typeof configSchema>;
export type InstanceConfig = Config["shared"];
export type ClusterConfig = Config["clusters"][number];
export type Thresholds = Config["thresholds"];
export type DrillConfig = Config["drill"];

/** What must hold across sections; one sentence a mistake, with the place it is at. */
export function crossCheck(config: Config): readonly string[] {
  const problems: string[] = [];
  const clusters = config.clusters.map((cluster) => cluster.name);
  const known = `known: ${clusters.join(", ")}`;
  const needCluster = (at: string, name: string) => {
    if (!clusters.includes(name)) problems.push(`${at}: found "${name}", which clusters does not list (${known})`);
  };
  needCluster("shared.cluster", config.shared.cluster);
  needCluster("operator.cluster", config.operator.cluster);
  for (const [i, instance] of config.instances.entries()) needCluster(`instances[${i}].cluster`, instance.cluster);
  for (const name of repeated(clusters)) problems.push(`clusters: "${name}" is there twice; names must differ`);
  const names = [config.shared, ...config.instances].map((instance) => instance.name);
  for (const name of repeated(names)) problems.push(`instances: "${name}" is there twice; names must differ`);
  for (const [runbook, policy] of Object.entries(config.approvals.policies)) {
    for (const { groups = [], breakGlass: alone = [] } of [policy, ...policy.targets]) {
      for (const [field, named] of [
        ["groups", groups],
        ["breakGlass", alone],
      ] as const) {
        for (const group of named) {
          if (group in config.approvals.groups) continue;
          problems.push(
            `approvals.policies.${runbook}.${field}: found "${group}", which approvals.groups does not define`,
          );
        }
      }
    }
  }
  for (const [runbook, groups] of Object.entries(config.permissions)) {
    for (const group of groups.filter((name) => !(name in config.approvals.groups))) {
      problems.push(`permissions.${runbook}: found "${group}", which approvals.groups does not define`);
    }
  }
  const { memoryWarn, memoryFail, diskWarn, diskFail } = config.thresholds;
  if (memoryWarn > memoryFail) problems.push("thresholds.memoryWarn: must not be above memoryFail");
  if (diskWarn > diskFail) problems.push("thresholds.diskWarn: must not be above diskFail");
  return problems;
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}
