import type { CanaryTry, RunningCanary } from "../../src/platform/canary.ts";

/** A canary on a clock of its own, which goes on only while somebody waits by it. */
export interface FakeCanary {
  readonly running: RunningCanary;
  /** From now on nothing succeeds for as long as the outage lasts. */
  cut(): void;
  readonly ended: () => boolean;
}

export function fakeCanary(
  everyMs: number,
  world: { readonly outageMs: number; readonly missing: readonly number[]; readonly dirty: string | undefined },
): FakeCanary {
  let clock = 0;
  let cutAt = Number.POSITIVE_INFINITY;
  let ended = false;
  const tries: CanaryTry[] = [];
  const startedAt = "2026-01-02T12:00:00.000Z";
  const tick = () => {
    clock += everyMs;
    const isDown = clock >= cutAt && clock < cutAt + world.outageMs;
    const outcome = isDown ? "ECONNREFUSED" : (world.dirty ?? "ok");
    const number = Math.round(clock / everyMs);
    for (const kind of ["write", "read"] as const)
      tries.push({ kind, number, sentAt: clock - 1, endedAt: clock, outcome });
  };
  return {
    running: {
      startedAt,
      elapsedMs: () => clock,
      pause: async (ms) => {
        for (const until = clock + ms; clock < until; ) tick();
      },
      tries: () => tries,
      end: async () => {
        ended = true;
        const readBack = { ok: true, missing: world.missing } as const;
        return { startedAt, endedAt: clock, everyMs, tries, reconnects: 2, stalledMs: 0, readBack };
      },
    },
    cut: () => {
      cutAt = clock;
    },
    ended: () => ended,
  };
}
