import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { assessInstance } from "../instance/assess.ts";
import { takeRoster } from "../instance/roster.ts";
import { summarise } from "../instance/summary.ts";
import { serverTable } from "../instance/tables.ts";
import { instanceParameter } from "../instance/target.ts";
import { plural } from "../instance/units.ts";

/** The whole picture of one instance, read live: operator, resource, pods, volumes, network, and every server's own word. */
export const status = defineRunbook({
  id: "status",
  title: "Status of an instance",
  description: "Operator, pods, volumes, network and every server of an instance, read live",
  params: z.strictObject({ instance: instanceParameter }),
  positional: ["instance"],
  effect: "read",
  async run(context) {
    const { instance, seen, findings } = await assessInstance(context);
    const { primary, replicas } = takeRoster(seen.servers);
    const healthy = `${primary?.name ?? "nobody"} is primary, ${plural(replicas.length, "replica")} in sync`;
    return { summary: summarise(instance, findings, healthy), findings, tables: [serverTable(seen)] };
  },
});
