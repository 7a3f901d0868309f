import { BotError } from "../errors.ts";
import type { Report } from "../reports/model.ts";

/** Exit codes of the contract. A warning counts as ok: it passed. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unknown: 3, interrupted: 130 } as const;

/** A failed finding outweighs one that could not be checked. */
export function exitCodeOfReport({ verdict }: Pick<Report, "verdict">): number {
  if (verdict === "fail") return exitCodes.failed;
  return verdict === "unknown" ? exitCodes.unknown : exitCodes.ok;
}

/**
 * What the person can put right in what they typed or configured is wrong usage; anything else that kept a run from its
 * report means that something could not be checked.
 */
export function exitCodeOfError(error: unknown): number {
  const theirs = error instanceof BotError && /^(cli\.|config\.|runbook\.|instance\.unknown$)/.test(error.code);
  return theirs ? exitCodes.usage : exitCodes.unknown;
}
