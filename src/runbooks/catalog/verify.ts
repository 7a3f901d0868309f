import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { instanceParameter } from "../instance/target.ts";

/** Every acceptance criterion and hardening item as a named check, with what was expected, what was found and what proves it. */
export const verify = defineRunbook({
  id: "verify",
  title: "Verify the acceptance criteria",
  description: "Every acceptance criterion, hardening item and validation step as a named check, with evidence",
  params: z.strictObject({
    instance: instanceParameter,
    probes: z
      .boolean()
      .default(true)
      .describe(
        "also try connections by throwaway pods, and a test alert; off: only read, and those checks are unknown",
      ),
  }),
  positional: ["instance"],
  effect: "read",
  run: async (context) => (await import("../verify/run.ts")).runVerify(context),
});
