import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { instanceParameter } from "../instance/target.ts";

/** The whole picture of one instance, read live: operator, resource, pods, volumes, network, and every server's own word. */
export const status = defineRunbook({
  id: "status",
  title: "Status of an instance",
  description: "Operator, pods, volumes, network and every server of an instance, read live",
  params: z.strictObject({ instance: instanceParameter }),
  positional: ["instance"],
  effect: "read",
  run: async (context) => (await import("../instance/run-status.ts")).runStatus(context),
});
