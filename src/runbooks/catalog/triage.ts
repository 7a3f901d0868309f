import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { instanceParameter } from "../instance/target.ts";

/** Reads the instance that an alert is about, and says what most likely causes it, with what shows that and what to do next. */
export const triage = defineRunbook({
  id: "triage",
  title: "Triage of an alert",
  description: "The most likely cause of an alert, with what shows it and the next step",
  params: z.strictObject({
    alert: z
      .string()
      .regex(/^\w{1,100}$/, "must be an alert's name")
      .describe("Name of the alert"),
    instance: instanceParameter,
    since: z.iso.datetime().optional().describe("When the alert began to fire"),
  }),
  positional: ["alert", "instance"],
  effect: "read",
  run: async (context) => (await import("../triage/run.ts")).runTriage(context),
});
