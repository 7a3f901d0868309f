import { BotError, explain } from "../errors.ts";

/** What one source said, or why it said nothing. `command` is what a person would run to read the same. */
export type Reading<T> = ReadingOk<T> | ReadingFailed;

export interface ReadingOk<T> {
  readonly ok: true;
  readonly value: T;
  readonly command: string;
  /** When the answer arrived, ISO 8601. */
  readonly at: string;
  readonly durationMs: number;
}

export interface ReadingFailed {
  readonly ok: false;
  /** A sentence or two for people, with the next step. */
  readonly reason: string;
  /** Stable code of the error, `timeout` when the source did not answer in time. */
  readonly code: string;
  readonly command: string;
  readonly at: string;
  readonly durationMs: number;
}

export interface ReadOptions {
  readonly command: string;
  readonly timeoutMs: number;
  /** Cancels the read from outside, besides its own timeout. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads one source within its own time limit. Never throws: a failure is a reading too.
 *
 * The limit holds even when `fn` ignores its signal, so one hanging source cannot hold up an answer.
 */
export async function read<T>(options: ReadOptions, fn: (signal: AbortSignal) => Promise<T>): Promise<Reading<T>> {
  const started = performance.now();
  const stop = new AbortController();
  const onOuterAbort = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", onOuterAbort, { once: true });
  if (options.signal?.aborted) onOuterAbort();
  const timer = setTimeout(() => stop.abort(timeoutError(options.timeoutMs)), options.timeoutMs);
  const stamp = () => ({
    command: options.command,
    at: new Date().toISOString(),
    durationMs: Math.round(performance.now() - started),
  });
  try {
    stop.signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      stop.signal.addEventListener("abort", () => reject(stop.signal.reason), { once: true });
    });
    const value = await Promise.race([(async () => await fn(stop.signal))(), aborted]);
    return { ok: true, value, ...stamp() };
  } catch (caught) {
    const error = stop.signal.aborted ? stop.signal.reason : caught;
    return { ok: false, reason: explain(error), code: error instanceof BotError ? error.code : "error", ...stamp() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onOuterAbort);
    stop.abort();
  }
}

function timeoutError(timeoutMs: number): BotError {
  return new BotError(
    "timeout",
    `no answer within ${timeoutMs / 1000} s`,
    "Try again; if it stays, the source is hanging.",
  );
}
