import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "../../reports/model.ts";
import type { CliDeps } from "../deps.ts";
import { exitCodeOfError, exitCodeOfReport, exitCodes } from "../exit-codes.ts";
import { nothingSeen, type Seen, seenFailure, seenReport } from "./changes.ts";
import { lineDisplay, screenDisplay } from "./display.ts";

export interface Watched {
  /** What the person called it. */
  readonly name: string;
  /** From the start of a round to the start of the next one, which waits for a round that takes longer. */
  readonly everyMs: number;
  /** Undefined when the person gives up. */
  readonly round: () => Promise<Report | undefined>;
  /** After a round that took longer than there was time. */
  readonly leastPauseMs?: number;
}

/**
 * Makes round after round until Ctrl-C, and shows what changes. Returns the exit code of the last round. A round that cannot be made
 * is unknown, and the next one is made; only what the person typed or configured wrongly rejects, when the first round says so.
 */
export async function watch({ name, everyMs, round, leastPauseMs = 1_000 }: Watched, deps: CliDeps): Promise<number> {
  const { screen, signal } = deps;
  const display = screen === undefined ? lineDisplay(deps) : screenDisplay(name, screen, deps.colour ?? true, deps);
  let seen = nothingSeen;
  try {
    for (;;) {
      const since = new Date();
      const started = performance.now();
      display.show(seen, { since, next: undefined });
      const after = await afterRound(seen, round, since);
      if (after === undefined) break;
      seen = after;
      const pauseMs = Math.max(leastPauseMs, everyMs - (performance.now() - started));
      display.show(seen, { since: undefined, next: new Date(Date.now() + pauseMs) });
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
    }
  } finally {
    display.end(seen);
  }
  if (seen.failure !== undefined) return exitCodes.unknown;
  return seen.report === undefined ? exitCodes.interrupted : exitCodeOfReport(seen.report);
}

async function afterRound(seen: Seen, round: Watched["round"], since: Date): Promise<Seen | undefined> {
  try {
    const report = await round();
    return report === undefined ? undefined : seenReport(seen, report);
  } catch (error) {
    if (seen.rounds === 0 && exitCodeOfError(error) === exitCodes.usage) throw error;
    return seenFailure(seen, error, since.toISOString());
  }
}
