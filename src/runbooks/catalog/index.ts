import { planDrillFailover } from "../changes/drill-failover.ts";
import type { Runbook } from "../definition.ts";
import { tenantPlans } from "../tenants/catalog.ts";
import { alerting } from "./alerting.ts";
import { connectivity } from "./connectivity.ts";
import { role } from "./role.ts";
import { status } from "./status.ts";
import { tenants } from "./tenants.ts";
import { triage } from "./triage.ts";
import { verify } from "./verify.ts";

/** Every runbook that ships with the bot, in the order people see them. */
export const catalog: readonly Runbook[] = [
  status,
  role,
  verify,
  triage,
  alerting,
  connectivity,
  tenants,
  planDrillFailover,
  ...tenantPlans,
];
