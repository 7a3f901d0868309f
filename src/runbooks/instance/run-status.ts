import type { Conclusion, RunContext } from "../definition.ts";
import { assessInstance } from "./assess.ts";
import { takeRoster } from "./roster.ts";
import { summarise } from "./summary.ts";
import { serverTable } from "./tables.ts";
import { plural } from "./units.ts";

/** Reads an instance and assesses all of it. Rejects only when there is no such instance. */
export async function runStatus(context: RunContext<{ readonly instance?: string | undefined }>): Promise<Conclusion> {
  const { instance, seen, findings } = await assessInstance(context);
  const { primary, replicas } = takeRoster(seen.servers);
  const healthy = `${primary?.name ?? "nobody"} is primary, ${plural(replicas.length, "replica")} in sync`;
  return { summary: summarise(instance, findings, healthy), findings, tables: [serverTable(seen)] };
}
