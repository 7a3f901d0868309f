import type { ChangeRunbook } from "../durable/definition.ts";
import { tenantChanges } from "../tenants/catalog.ts";
import type { TenantDeps } from "../tenants/deps.ts";
import { drillFailover } from "./drill-failover.ts";
import { failover } from "./failover.ts";
import { reattachReplica } from "./reattach-replica.ts";
import { restartReplica } from "./restart-replica.ts";
import { snapshot } from "./snapshot.ts";

/** Every change runbook that ships with the bot, in the order people see them. */
export function changeCatalog(deps: TenantDeps): readonly ChangeRunbook[] {
  // Each takes the parameters of its own schema, which the driver parses before it hands them over.
  return [
    snapshot(deps),
    restartReplica(deps),
    reattachReplica(deps),
    failover(deps),
    drillFailover(deps),
    ...tenantChanges(deps),
  ] as unknown as readonly ChangeRunbook[];
}
