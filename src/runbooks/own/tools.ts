import { z } from "zod";
import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { PlatformChanges } from "../../platform/changes.ts";
import type { Platform } from "../../platform/ports.ts";
import { approvePlan } from "../changes/approve-plan.ts";
import { addressOf, lookAtMembers, type Members, replicaNamed } from "../changes/members.ts";
import { waitFor } from "../changes/wait-for.ts";
import { defineRunbook } from "../define.ts";
import { finding } from "../instance/findings.ts";

/** What a runbook of the platform team's own is given, so that its file needs to import nothing. */
export interface RunbookTools {
  readonly defineRunbook: typeof defineRunbook;
  readonly z: typeof z;
  /** Asks people about a plan, and looks again whether what it relied on still holds. */
  readonly approvePlan: typeof approvePlan;
  /** Everybody's own word on who is primary and who follows whom; of the shared instance when none is named. */
  lookAtMembers(signal: AbortSignal, instance?: string): Promise<Members>;
  readonly replicaNamed: typeof replicaNamed;
  readonly addressOf: typeof addressOf;
  readonly finding: typeof finding;
  readonly waitFor: typeof waitFor;
  readonly BotError: typeof BotError;
  readonly config: Config;
  readonly platform: Platform;
  readonly changes: PlatformChanges;
}

/** The tools over this process's adapters, or over a test's fakes. */
export function runbookTools(adapters: Pick<RunbookTools, "config" | "platform" | "changes">): RunbookTools {
  const helpers = { defineRunbook, z, approvePlan, replicaNamed, addressOf, finding, waitFor, BotError };
  return { ...helpers, ...adapters, lookAtMembers: (signal, instance) => lookAtMembers(instance, adapters, signal) };
}
