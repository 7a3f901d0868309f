import { z } from "zod";
import { defineRunbook } from "../define.ts";

/** Every tenant that Git has, and whether the clusters are as Git says. */
export const tenants = defineRunbook({
  id: "tenants",
  title: "Tenants",
  description: "Every tenant with its health, and where the cluster differs from Git",
  params: z.strictObject({}),
  effect: "read",
  run: async (context) => (await import("../tenants/list-tenants.ts")).listTenants(context),
});
