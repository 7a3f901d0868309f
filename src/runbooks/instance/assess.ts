import type { z } from "zod";
import type { InstanceConfig } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import type { RunContext } from "../definition.ts";
import { assessNetwork } from "./assess-network.ts";
import { assessOperator } from "./assess-operator.ts";
import { assessRouting } from "./assess-routing.ts";
import { assessServers } from "./assess-servers.ts";
import { assessStorage } from "./assess-storage.ts";
import { assessWorkload } from "./assess-workload.ts";
import { type InstanceObservation, observeInstance } from "./observe.ts";
import { type instanceParameter, resolveInstance } from "./target.ts";

export interface AssessedInstance {
  readonly instance: InstanceConfig;
  readonly seen: InstanceObservation;
  readonly findings: readonly Finding[];
}

/** Everything that can be said of an instance, read live. Rejects only when there is no such instance. */
export async function assessInstance(
  context: RunContext<{ readonly instance?: z.infer<typeof instanceParameter> }>,
): Promise<AssessedInstance> {
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
  return { instance, seen, findings };
}
