import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { instanceParameter } from "../instance/target.ts";

/** Who is primary, and whether servers, labels and Services agree on it. */
export const role = defineRunbook({
  id: "role",
  title: "Roles of an instance",
  description: "Who is primary, how far the replicas are, and whether labels and Services agree",
  params: z.strictObject({ instance: instanceParameter }),
  positional: ["instance"],
  effect: "read",
  run: async (context) => (await import("../instance/run-role.ts")).runRole(context),
});
