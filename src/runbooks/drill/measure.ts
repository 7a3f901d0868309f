import type { CanaryLog, CanaryTry } from "../../platform/canary.ts";

/** What one kind of tries says: all writes, or all reads. Times are milliseconds after the eviction. */
export interface StreamMeasure {
  readonly tries: number;
  readonly ok: number;
  /** How many failed, by code; `stale` among them. */
  readonly failures: Readonly<Record<string, number>>;
  readonly lastOkAt: number | null;
  readonly firstErrorAt: number | null;
  readonly backAt: number | null;
  /** First error until the first success after it; null without an error, or when none came. */
  readonly errorToOkMs: number | null;
  /** The longest time between two successes in a row; when the last one never came, until the end. */
  readonly longestPauseMs: number;
  /** Nothing succeeded any more: what it says is the least. */
  readonly isOpen: boolean;
  readonly latencyBefore: Latency | null;
  readonly latencyAfter: Latency | null;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How many tries that were sent in each piece of time succeeded, and how many did not. */
export interface Strip {
  readonly bucketMs: number;
  /** Of the first piece, after the eviction; negative: before it. */
  readonly fromMs: number;
  readonly writesOk: readonly number[];
  readonly writesFailed: readonly number[];
  readonly readsOk: readonly number[];
  readonly readsFailed: readonly number[];
}

export interface Measurement {
  readonly startedAt: string;
  readonly everyMs: number;
  /** From the eviction to the end. */
  readonly lastedMs: number;
  readonly writes: StreamMeasure;
  readonly reads: StreamMeasure;
  readonly acknowledged: number;
  /** Null: nobody could look. */
  readonly lost: number | null;
  readonly lostReason: string;
  readonly reconnects: number;
  readonly stalledMs: number;
  readonly strip: Strip;
}

/** What clients saw of an eviction at `evictedAt` of the canary's own clock. Pure. */
export function measure(log: CanaryLog, evictedAt: number): Measurement {
  const { startedAt, everyMs, endedAt, tries, readBack, reconnects, stalledMs } = log;
  const of = (kind: CanaryTry["kind"]) => tries.filter((one) => one.kind === kind);
  const writes = of("write");
  return {
    startedAt,
    everyMs,
    lastedMs: Math.round(endedAt - evictedAt),
    writes: streamOf(writes, evictedAt, endedAt),
    reads: streamOf(of("read"), evictedAt, endedAt),
    acknowledged: writes.filter(isOk).length,
    lost: readBack.ok ? readBack.missing.length : null,
    lostReason: readBack.ok ? "" : readBack.reason,
    reconnects,
    stalledMs,
    strip: stripOf(tries, evictedAt, endedAt),
  };
}

/** The longest time that a client of this kind stood without a success. */
export function gapOf({ longestPauseMs, errorToOkMs }: StreamMeasure): number {
  return Math.max(longestPauseMs, errorToOkMs ?? 0);
}

function isOk({ outcome }: CanaryTry): boolean {
  return outcome === "ok";
}

function streamOf(tries: readonly CanaryTry[], evictedAt: number, endedAt: number): StreamMeasure {
  const successes = tries.filter(isOk).toSorted((a, b) => a.endedAt - b.endedAt);
  const failed = tries.filter((one) => !isOk(one)).toSorted((a, b) => a.sentAt - b.sentAt);
  const [firstError] = failed;
  const back = firstError && successes.find(({ sentAt }) => sentAt >= firstError.sentAt);
  const lastOk = successes.findLast((one) => firstError === undefined || one.sentAt < firstError.sentAt);
  const since = (at: number | undefined) => (at === undefined ? null : Math.round(at - evictedAt));
  // What was acknowledged before the eviction opens the first pause, and the end closes the last one.
  const before = successes.findLast((one) => one.endedAt <= evictedAt)?.endedAt ?? evictedAt;
  const after = successes.filter((one) => one.endedAt > evictedAt).map((one) => one.endedAt);
  const moments = [before, ...after, endedAt];
  const pauses = moments.slice(1).map((at, index) => at - (moments[index] ?? at));
  const failures = Map.groupBy(failed, ({ outcome }) => outcome);
  return {
    tries: tries.length,
    ok: successes.length,
    failures: Object.fromEntries([...failures].map(([code, all]) => [code, all.length])),
    lastOkAt: since(lastOk?.endedAt),
    firstErrorAt: since(firstError?.sentAt),
    backAt: since(back?.endedAt),
    errorToOkMs: firstError === undefined || back === undefined ? null : Math.round(back.endedAt - firstError.sentAt),
    longestPauseMs: Math.round(Math.max(0, ...pauses)),
    isOpen: (failed.at(-1)?.sentAt ?? -1) > (successes.at(-1)?.endedAt ?? -1),
    latencyBefore: latencyOf(successes.filter((one) => one.endedAt <= evictedAt)),
    latencyAfter: latencyOf(back === undefined ? [] : successes.filter(({ sentAt }) => sentAt > back.endedAt)),
  };
}

function latencyOf(tries: readonly CanaryTry[]): Latency | null {
  const sorted = tries.map(({ sentAt, endedAt }) => endedAt - sentAt).toSorted((a, b) => a - b);
  // Nearest rank.
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return sorted.length === 0 ? null : { p50Ms: rounded(at(0.5)), p99Ms: rounded(at(0.99)) };
}

const finestMs = 100;
const mostBuckets = 240;
const shownBeforeMs = 2_000;

/** From two seconds before the eviction to the end, in tenths of a second, or coarser when that is too many. */
function stripOf(tries: readonly CanaryTry[], evictedAt: number, endedAt: number): Strip {
  const from = Math.max(0, evictedAt - shownBeforeMs);
  const bucketMs = finestMs * Math.max(1, Math.ceil((endedAt - from) / finestMs / mostBuckets));
  const length = Math.max(1, Math.ceil((endedAt - from) / bucketMs));
  const count = (kind: CanaryTry["kind"], wantOk: boolean) => {
    const counts = Array.from({ length }, () => 0);
    for (const one of tries) {
      const at = Math.floor((one.sentAt - from) / bucketMs);
      if (one.kind === kind && isOk(one) === wantOk && counts[at] !== undefined) counts[at] += 1;
    }
    return counts;
  };
  return {
    bucketMs,
    fromMs: Math.round(from - evictedAt),
    writesOk: count("write", true),
    writesFailed: count("write", false),
    readsOk: count("read", true),
    readsFailed: count("read", false),
  };
}
