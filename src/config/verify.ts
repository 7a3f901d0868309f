import { z } from "zod";

/** What `verify` cannot find out by itself. */
export const verifySchema = z
  .strictObject({
    kustomizations: z
      .record(z.string(), z.array(z.string().min(1)))
      .default({
        infra: [
          "infra-infrastructure",
          "infra-dragonfly-operator",
          "infra-databases-dragonfly",
          "infra-databases-tenants",
          "infra-dfbot",
        ],
        apps: ["apps-databases-dragonfly", "apps-databases-tenants", "apps-dfbot"],
      })
      .describe("Flux Kustomizations of the platform, by cluster"),
    clusterFolders: z
      .record(z.string(), z.string().min(1))
      .default({ infra: "kubernetes/clusters/infra", apps: "kubernetes/clusters/apps" })
      .describe("Folder in Git that has the Flux Kustomizations of a cluster and the settings they use, by cluster"),
    besideGit: z
      .array(z.string().regex(/^[A-Z]\w* \S+$/, 'must be a kind and a name: "ConfigMap istio-ca-root-cert"'))
      .default([])
      .describe(
        "Objects that belong into an instance's namespace although Git has none, each as its kind and its name",
      ),
    metricsMaxAgeMinutes: z
      .number()
      .gt(0)
      .default(3)
      .describe("How old the newest sample of a pod may be; some scrape intervals"),
    testAlertSeconds: z
      .number()
      .min(1)
      .max(120)
      .default(20)
      .describe(
        "How long a test alert may take through Alertmanager and back; more than --cluster.peer-timeout of a pair of Alertmanagers (15 s)",
      ),
    gitlab: z
      .strictObject({
        namespace: z.string().min(1).default("gitlab-system"),
        address: z
          .string()
          .regex(/^[a-z0-9.-]+:\d+$/, "must be host:port")
          .default("dragonfly.dragonfly-system.svc.cluster.local:6379")
          .describe("host:port in GitLab's values: global.redis.host and global.redis.port"),
      })
      .nullable()
      .prefault({})
      .describe("Where GitLab runs, and the address that it has of the shared instance; null: there is no GitLab"),
  })
  .describe("The runbook verify");
