import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { instanceParameter } from "../instance/target.ts";
import { type ChangeDeps, lockOf } from "./members.ts";

const declared = {
  id: "drill-failover",
  title: "Drill a failover",
  description:
    "Evicts the primary's pod on purpose, measures what clients see, checks that alerts fire and end, and reports against objectives",
  params: z.strictObject({ instance: instanceParameter }),
  positional: ["instance"],
};

/** What it works with is loaded when it is asked for. */
export const drillFailover = (deps: ChangeDeps) =>
  defineRunbook({
    ...declared,
    effect: "change",
    lock: ({ instance }) => lockOf(deps.config, instance),
    run: async (context) => (await import("../drill/carry-out.ts")).carryOutDrill(context, deps),
  });

/** Its plan, before anybody is asked. */
export const planDrillFailover = defineRunbook({
  ...declared,
  id: `plan-${declared.id}`,
  title: `Plan: ${declared.title}`,
  effect: "read",
  listed: false,
  run: async (context) => (await import("../drill/preview.ts")).previewDrill(context),
});
