import type { Line } from "./line.ts";
import type { Latency } from "./result.ts";
import { ok, round, StageFailure, type Success } from "./stage.ts";

/** So many round trips make a measurement when time is up before all were made. */
const enough = 3;

/**
 * Measures round trips of PING one after the other, whatever the answer is: `NOAUTH` takes as long as `PONG`. When the
 * stage's time is over, those that were made count.
 */
export async function measureLatency(
  line: Line,
  { pings, slowMs }: { readonly pings: number; readonly slowMs: number },
  signal: AbortSignal,
  onLatency: (latency: Latency) => void,
): Promise<Success> {
  const times: number[] = [];
  try {
    while (times.length < pings && !(signal.aborted && times.length >= enough)) {
      const started = performance.now();
      await line.ask(["PING"], signal);
      times.push(performance.now() - started);
    }
  } catch (error) {
    if (times.length < enough || !signal.aborted) throw error;
  }
  const latency = summarise(times);
  onLatency(latency);
  const text = `${latency.pings} round trips: p50 ${latency.p50Ms} ms, p90 ${latency.p90Ms} ms, p99 ${latency.p99Ms} ms, longest ${latency.maxMs} ms`;
  if (latency.p50Ms > slowMs) throw new StageFailure<"latency">("slow", `${text}; the limit for p50 is ${slowMs} ms.`);
  return ok(`${text}.`);
}

/** Percentiles by nearest rank. */
export function summarise(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const percentile = (share: number) => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return {
    pings: sorted.length,
    p50Ms: percentile(0.5),
    p90Ms: percentile(0.9),
    p99Ms: percentile(0.99),
    maxMs: percentile(1),
  };
}
