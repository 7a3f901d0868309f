import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { assessRouting } from "../instance/assess-routing.ts";
import { observeRouting } from "../instance/observe.ts";
import { takeRoster } from "../instance/roster.ts";
import { summarise } from "../instance/summary.ts";
import { routingTable } from "../instance/tables.ts";
import { instanceParameter, resolveInstance } from "../instance/target.ts";
import { plural } from "../instance/units.ts";

/** Who is primary, and whether servers, labels and Services agree on it. */
export const role = defineRunbook({
  id: "role",
  title: "Roles of an instance",
  description: "Who is primary, how far the replicas are, and whether labels and Services agree",
  params: z.strictObject({ instance: instanceParameter }),
  positional: ["instance"],
  effect: "read",
  async run(context) {
    const instance = await resolveInstance(context.params.instance, context);
    const seen = await observeRouting(context, instance);
    const findings = assessRouting(seen, instance, context.config.thresholds);
    const { primary, replicas } = takeRoster(seen.servers);
    const healthy = `${primary?.name ?? "nobody"} is primary, ${plural(replicas.length, "replica")} in sync, labels and Services agree`;
    return { summary: summarise(instance, findings, healthy), findings, tables: [routingTable(seen)] };
  },
});
