import { explain } from "./errors.ts";

export type DependencyState = "ok" | "degraded" | "down" | "unknown";

/** One thing the bot needs, as it last looked, and when. */
export interface Dependency {
  readonly name: string;
  readonly state: DependencyState;
  readonly detail: string;
  readonly checkedAt: string | null;
  readonly ageMs: number | null;
}

export interface DependencyCheck {
  readonly name: string;
  /** What the state is when the check throws: `degraded` when the bot can go on without it. */
  readonly whenFailing: "degraded" | "down";
  /** How often it is looked at, when not as often as the others. */
  readonly everyMs?: number;
  /** Returns a detail for people, or throws. */
  check(signal: AbortSignal): Promise<string>;
}

export interface DependencyWatch {
  /** Begins to look. Apart from making the watch, because the first look loads what it looks with, which takes a second. */
  start(): void;
  current(): readonly Dependency[];
  stop(): void;
}

/**
 * Looks at every dependency now and then in the background, each on its own, so that `/readyz` answers at once with what
 * was last seen and how old that is. `onChange` hears of every change of state, for the log.
 */
export function watchDependencies(
  checks: readonly DependencyCheck[],
  options: {
    readonly everyMs: number;
    /** Before the first look. */
    readonly afterMs: number;
    readonly timeoutMs: number;
    readonly onChange: (dependency: Dependency) => void;
  },
): DependencyWatch {
  const seen = new Map<string, { state: DependencyState; detail: string; at: Date }>();
  const stopped = new AbortController();

  const look = async ({ name, whenFailing, check }: DependencyCheck) => {
    const before = seen.get(name)?.state;
    const { state, detail } = await outcome(
      check,
      whenFailing,
      AbortSignal.any([stopped.signal, AbortSignal.timeout(options.timeoutMs)]),
    );
    if (stopped.signal.aborted) return;
    const at = new Date();
    seen.set(name, { state, detail, at });
    if (state !== before) options.onChange({ name, state, detail, checkedAt: at.toISOString(), ageMs: 0 });
  };
  const watch = (check: DependencyCheck) => {
    let running = false;
    const tick = () => {
      if (running) return;
      running = true;
      void look(check).finally(() => {
        running = false;
      });
    };
    setTimeout(tick, options.afterMs).unref();
    return setInterval(tick, check.everyMs ?? options.everyMs).unref();
  };
  let timers: readonly NodeJS.Timeout[] = [];

  return {
    start() {
      timers = checks.map(watch);
    },
    current: () =>
      checks.map(({ name }) => {
        const last = seen.get(name);
        if (last === undefined)
          return { name, state: "unknown", detail: "not looked at yet", checkedAt: null, ageMs: null };
        return {
          name,
          state: last.state,
          detail: last.detail,
          checkedAt: last.at.toISOString(),
          ageMs: Date.now() - last.at.getTime(),
        };
      }),
    stop() {
      stopped.abort();
      for (const timer of timers) clearInterval(timer);
    },
  };
}

async function outcome(
  check: DependencyCheck["check"],
  whenFailing: "degraded" | "down",
  signal: AbortSignal,
): Promise<{ readonly state: DependencyState; readonly detail: string }> {
  const timedOut = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true });
  });
  try {
    return { state: "ok", detail: await Promise.race([check(signal), timedOut]) };
  } catch (error) {
    return { state: whenFailing, detail: explain(error) };
  }
}
