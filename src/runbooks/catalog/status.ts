import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { assessNetwork } from "../instance/assess-network.ts";
import { assessOperator } from "../instance/assess-operator.ts";
import { assessRouting } from "../instance/assess-routing.ts";
import { assessServers } from "../instance/assess-servers.ts";
import { assessStorage } from "../instance/assess-storage.ts";
import { assessWorkload } from "../instance/assess-workload.ts";
import { observeInstance } from "../instance/observe.ts";
import { takeRoster } from "../instance/roster.ts";
import { summarise } from "../instance/summary.ts";
import { serverTable } from "../instance/tables.ts";
import { instanceParameter, resolveInstance } from "../instance/target.ts";
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
    const instance = await resolveInstance(context.params.instance, context);
    const seen = await observeInstance(context, instance);
    const { thresholds } = context.config;
    const now = context.now();
    const snapshots = {
      primaryOnly: seen.resource.ok && seen.resource.value.snapshotEnableOnMasterOnly,
      scheduled: !seen.resource.ok || seen.resource.value.snapshotCron !== undefined,
    };
    const findings = [
      ...assessRouting(seen, instance, thresholds),
      ...assessWorkload(seen, instance, thresholds, now),
      ...assessServers(seen.servers, instance, snapshots, thresholds, now),
      ...assessStorage(seen, instance, thresholds),
      ...assessNetwork(seen, instance, context.config),
      ...assessOperator(seen, context.config),
    ];
    const { primary, replicas } = takeRoster(seen.servers);
    const healthy = `${primary?.name ?? "nobody"} is primary, ${plural(replicas.length, "replica")} in sync`;
    return { summary: summarise(instance, findings, healthy), findings, tables: [serverTable(seen)] };
  },
});
