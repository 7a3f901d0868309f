import type { Runbook } from "../definition.ts";
import { alerting } from "./alerting.ts";
import { role } from "./role.ts";
import { status } from "./status.ts";
import { triage } from "./triage.ts";

/** Every runbook that ships with the bot, in the order people see them. */
export const catalog: readonly Runbook[] = [status, role, triage, alerting];
