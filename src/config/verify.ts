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
    metricsMaxAgeMinutes: z
      .number()
      .gt(0)
      .default(3)
      .describe("How old the newest sample of a pod may be; some scrape intervals"),
  })
  .describe("The runbook verify");
