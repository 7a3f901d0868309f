import { vi } from "vitest";

/** Time that goes on only when everything that is due now is done. */
export interface VirtualClock {
  /** Milliseconds since the story began. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Lets time go on until this many milliseconds after the story began, or until it is `enough`. */
  runTo(ms: number, enough?: () => boolean): Promise<void>;
  stop(): void;
}

/**
 * Replaces timers and `performance.now` for the code under test. Timers are fired one by one, and after each the event loop
 * turns once for real: promises settle in the same order every time, and no real time is waited for.
 */
export function startClock(): VirtualClock {
  vi.useFakeTimers({
    now: 0,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const now = () => performance.now();
  return {
    now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    runTo: async (ms, enough = () => false) => {
      let over = false;
      setTimeout(() => (over = true), Math.max(0, ms - now()));
      await settle();
      while (!over && !enough()) {
        vi.advanceTimersToNextTimer();
        await settle();
      }
    },
    stop: () => {
      vi.clearAllTimers();
      vi.useRealTimers();
    },
  };
}
