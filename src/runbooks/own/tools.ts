import { z } from "zod";
import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { PlatformChanges } from "../../platform/changes.ts";
import type { Platform } from "../../platform/ports.ts";
import { approvePlan } from "../changes/approve-plan.ts";
import { waitFor } from "../changes/wait-for.ts";
import { defineRunbook } from "../define.ts";
import { finding } from "../instance/findings.ts";

/** What a runbook of the platform team's own is given, so that its file needs to import nothing. */
export interface RunbookTools {
  readonly defineRunbook: typeof defineRunbook;
  readonly z: typeof z;
  /** Asks people about a plan, and looks again whether what it relied on still holds. */
  readonly approvePlan: typeof approvePlan;
  readonly finding: typeof finding;
  readonly waitFor: typeof waitFor;
  readonly BotError: typeof BotError;
  readonly config: Config;
  readonly platform: Platform;
  readonly changes: PlatformChanges;
}

/** The tools over this process's adapters, or over a test's fakes. */
export function runbookTools(adapters: Pick<RunbookTools, "config" | "platform" | "changes">): RunbookTools {
  const { config, platform, changes } = adapters;
  return { defineRunbook, z, approvePlan, finding, waitFor, BotError, config, platform, changes };
}
