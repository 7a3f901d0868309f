import { z } from "zod";

const path = z
  .string()
  .regex(
    /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[\w./-]+[\w-]$/,
    "must be a path from the root of the Git project, without . and ..",
  );
const size = z.string().regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "must be a size such as 64Gi");

/** Where tenants live in Git, and what all of them together may take. */
export const tenantsSchema = z
  .strictObject({
    branch: z.string().min(1).default("main").describe("The branch that Flux applies"),
    directory: path
      .default("kubernetes/workloads/platform/databases/tenants")
      .describe("A folder for each tenant, and the kustomization.yaml that lists them"),
    appsDirectory: path
      .default("kubernetes/workloads/apps/databases/tenants")
      .describe("The same for the other cluster: the names that clients use there"),
    sharedDirectory: path
      .default("kubernetes/workloads/platform/databases/dragonfly")
      .describe("The shared instance: its resource, access list and policy"),
    ciliumDirectory: path
      .default("kubernetes/workloads/platform/databases/dragonfly-cilium")
      .describe("The shared instance's policy in Cilium's own kind"),
    settings: path
      .default("kubernetes/clusters/infra/settings.yaml")
      .describe("ConfigMap with the values that Flux puts into the manifests"),
    botConfig: path
      .default("bot/base/dfbot.yaml")
      .describe("This file, in Git: its namespaces.allowed is kept in step"),
    kustomization: z
      .string()
      .min(1)
      .default("infra-databases-tenants")
      .describe("Flux Kustomization that applies them"),
    appsKustomization: z
      .string()
      .min(1)
      .default("apps-databases-tenants")
      .describe("The same in the other cluster, for appsDirectory"),
    sharedKustomization: z.string().min(1).default("infra-databases-dragonfly"),
    labels: z.array(z.string().min(1)).default(["dragonfly", "dfbot"]).describe("Of the merge requests"),
    reviewers: z
      .array(z.string().min(1))
      .default([])
      .describe("GitLab user names, asked for a review; whom CODEOWNERS names is asked by GitLab itself"),
    quota: z
      .strictObject({ memory: size.optional(), storage: size.optional(), cpu: z.number().gt(0).optional() })
      .prefault({})
      .describe("What the tenants' own instances may request together; without a figure it is not limited"),
    pollSeconds: z.int().min(5).default(60).describe("How often merge requests are looked at, should webhooks be lost"),
    readyMinutes: z.int().min(1).default(20).describe("How long a merged change may take until it serves"),
    settleSeconds: z
      .int()
      .min(1)
      .default(10)
      .describe(
        "After which what was seen well is looked at once more: an operator that has not begun to roll, or a pod that is about to be replaced, looks well too",
      ),
    mountSeconds: z
      .int()
      .min(1)
      .default(120)
      .describe(
        "Within which a changed Secret is in the pods that have it mounted: the kubelet's sync period and its cache",
      ),
    dashboard: z.url().optional().describe("Where tenants see their figures; {instance} is replaced"),
  })
  .describe("Tenants: where their manifests live in the Git project, and what they may take");
