import prettyMilliseconds from "pretty-ms";
import type { Verdict } from "../../reports/model.ts";

/** `850ms`, `4.2s`, `2m 10s`: as exactly as one would say it. */
export function durationMs(ms: number): string {
  return prettyMilliseconds(Math.round(ms), { unitCount: 2, secondsDecimalDigits: ms < 60_000 ? 1 : 0 });
}

/** One figure that a drill is held to. */
export interface Objective {
  readonly id: string;
  /** Completes "…: expected at most 10 s": "Writes back". */
  readonly what: string;
  readonly objective: string;
  readonly measured: string;
  readonly verdict: Verdict;
  /** Why it could not be measured, or what it means. */
  readonly detail: string;
}

/** Something measured, or why it was not; `atLeast`: it was still going on; `atMost`: it was seen late; `never`: it did not come at all. */
export type Figure =
  | { readonly never: string }
  | { readonly ms: number; readonly bound?: "atLeast" | "atMost" }
  | { readonly unknown: string };

/**
 * A time against the most that is allowed. One that was still going on misses it only when it had become too long, else nobody knows;
 * one that was seen late holds it when even that was in time.
 */
export function timeAgainst(
  parts: Pick<Objective, "id" | "what"> & { readonly detail?: string },
  figure: Figure,
  mostMs: number,
): Objective {
  const { id, what, detail = "" } = parts;
  const objective = `at most ${durationMs(mostMs)}`;
  if ("unknown" in figure) {
    return { id, what, objective, measured: "not measured", verdict: "unknown", detail: figure.unknown };
  }
  if ("never" in figure) return { id, what, objective, measured: "not in time", verdict: "fail", detail: figure.never };
  const { ms, bound } = figure;
  const within = ms <= mostMs;
  const measured = `${bound === "atLeast" ? "at least " : bound === "atMost" ? "at most " : ""}${durationMs(ms)}`;
  const verdict = within ? (bound === "atLeast" ? "unknown" : "ok") : bound === "atMost" ? "unknown" : "fail";
  return { id, what, objective, measured, verdict, detail };
}

/** A count against the most that is allowed. */
export function countAgainst(
  parts: Pick<Objective, "id" | "what"> & { readonly detail?: string },
  found: { readonly count: number; readonly words: string } | { readonly unknown: string },
  most: number,
): Objective {
  const { id, what, detail = "" } = parts;
  const objective = most === 0 ? "none" : `at most ${most}`;
  if ("unknown" in found) {
    return { id, what, objective, measured: "not measured", verdict: "unknown", detail: found.unknown };
  }
  return { id, what, objective, measured: found.words, verdict: found.count <= most ? "ok" : "fail", detail };
}
