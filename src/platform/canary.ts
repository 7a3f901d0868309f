/** What the server that clients reach says of itself. */
export interface ReachedServer {
  readonly role: "primary" | "replica";
  /** Of the stream it replicates: a primary and its replicas have the same. */
  readonly replicationId: string;
}

/** One write or one read of the canary. Times are milliseconds since it began, on a clock that only goes forward. */
export interface CanaryTry {
  readonly kind: "write" | "read";
  /** What was written, or looked for. */
  readonly number: number;
  readonly sentAt: number;
  readonly endedAt: number;
  /** `ok`; `stale`: a read that did not find what had been acknowledged; else why it failed: `READONLY`, `timeout`, `ECONNRESET`. */
  readonly outcome: string;
}

export interface CanaryLog {
  /** When it began, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: number;
  readonly everyMs: number;
  readonly tries: readonly CanaryTry[];
  /** Connections that were made after the first two. */
  readonly reconnects: number;
  /** The longest time that this process itself stood still: it is in what was measured. */
  readonly stalledMs: number;
  /** Every number that was acknowledged, looked for afterwards over a new connection. */
  readonly readBack:
    | { readonly ok: true; readonly missing: readonly number[] }
    | { readonly ok: false; readonly reason: string };
}

export interface RunningCanary {
  readonly startedAt: string;
  /** Milliseconds since it began. */
  elapsedMs(): number;
  /** Waits by the same clock. Rejects when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** So far, in the order in which they ended. */
  tries(): readonly CanaryTry[];
  /** Ends it, reads back what was acknowledged, and removes what it wrote; what it cannot remove expires by itself. */
  end(): Promise<CanaryLog>;
}

/** A client like every other: it reaches the instance by the name that clients use, writes, and reads what it wrote. */
export interface Canary {
  /** Who answers there. Throws BotError `canary.not-configured`, `store.*`. */
  reached(signal: AbortSignal): Promise<ReachedServer>;
  /** Writes numbers, one every so many milliseconds, and reads the newest acknowledged one. Throws as `reached` does. */
  start(everyMs: number): Promise<RunningCanary>;
}
