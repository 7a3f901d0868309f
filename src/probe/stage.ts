import { type FailureOf, failures, type Stage } from "./codes.ts";
import type { Outcome } from "./result.ts";

/** Ends a stage: why it failed, and in the other side's own words what it said. */
export class StageFailure<S extends Stage = Stage> extends Error {
  readonly reason: FailureOf<S>;
  readonly seen: string | undefined;

  constructor(reason: FailureOf<S>, seen?: string, options?: { readonly cause?: unknown }) {
    super(seen ?? reason, options);
    this.name = "StageFailure";
    this.reason = reason;
    this.seen = seen;
  }
}

/** How a stage ended when it did not fail. */
export interface Success {
  readonly verdict: "ok" | "skipped";
  /** The second half of the code. */
  readonly as: string;
  readonly detail: string;
}

export const ok = (detail: string, as = "ok"): Success => ({ verdict: "ok", as, detail });
export const skipped = (detail: string, as: string): Success => ({ verdict: "skipped", as, detail });

export interface StageLimits {
  readonly stageMs: number;
  /** Aborted when the probe as a whole has to end. */
  readonly deadline: AbortSignal;
}

/**
 * Does one stage within its own time and the probe's deadline. Never rejects for what the other side does: `work` throws
 * StageFailure, and has to stop at once, whatever it throws, when its signal aborts.
 */
export async function runStage<S extends Stage>(
  stage: S,
  { stageMs, deadline }: StageLimits,
  work: (signal: AbortSignal) => Promise<Success>,
): Promise<Outcome & { readonly stage: S }> {
  const started = performance.now();
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, stageMs);
  deadline.addEventListener("abort", abort, { once: true });
  const ended = (verdict: Outcome["verdict"], as: string, detail: string) => ({
    stage,
    verdict,
    code: `${stage}.${as}`,
    detail,
    durationMs: round(performance.now() - started),
  });
  try {
    if (deadline.aborted) abort();
    const { verdict, as, detail } = await work(limit.signal);
    return ended(verdict, as, detail);
  } catch (error) {
    const { reason, seen } = whyOf(error, limit.signal, deadline);
    return ended("fail", reason, sentence(stage, reason, seen));
  } finally {
    clearTimeout(timer);
    deadline.removeEventListener("abort", abort);
  }
}

function whyOf(
  error: unknown,
  limit: AbortSignal,
  deadline: AbortSignal,
): Pick<StageFailure, "seen"> & { reason: string } {
  if (deadline.aborted) return { reason: "deadline", seen: undefined };
  if (error instanceof StageFailure) return error;
  if (limit.aborted) return { reason: "timeout", seen: undefined };
  // Of use to whoever reads it, and the other stages are still worth trying.
  return { reason: "unexpected", seen: error instanceof Error ? error.message : String(error) };
}

/** What it most likely means, then what was seen. */
function sentence(stage: Stage, reason: string, seen: string | undefined): string {
  const known: Readonly<Record<string, string>> = failures[stage];
  const meaning = known[reason] ?? "";
  return seen === undefined ? meaning : `${meaning} Seen: ${seen}`;
}

/** Milliseconds to a thousandth. */
export function round(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
