import type { Conclusion, RunContext } from "../definition.ts";
import { assessRouting } from "./assess-routing.ts";
import { observeRouting } from "./observe.ts";
import { takeRoster } from "./roster.ts";
import { summarise } from "./summary.ts";
import { routingTable } from "./tables.ts";
import { resolveInstance } from "./target.ts";
import { plural } from "./units.ts";

/** Reads who is primary and where the Services lead. Rejects only when there is no such instance. */
export async function runRole(context: RunContext<{ readonly instance?: string | undefined }>): Promise<Conclusion> {
  const instance = await resolveInstance(context.params.instance, context);
  const seen = await observeRouting(context, instance);
  const findings = assessRouting(seen, instance, context.config.thresholds);
  const { primary, replicas } = takeRoster(seen.servers);
  const healthy = `${primary?.name ?? "nobody"} is primary, ${plural(replicas.length, "replica")} in sync, labels and Services agree`;
  return { summary: summarise(instance, findings, healthy), findings, tables: [routingTable(seen)] };
}
