import type { Config } from "../config/file.ts";

/** A run that the service makes by itself. */
export interface Schedule {
  /** The runbook; of each there is one schedule. */
  readonly id: string;
  /** How people are told of it. */
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly cron: string;
  readonly timeZone: string;
}

/** A schedule as `/readyz` shows it. */
export interface ScheduleState {
  readonly name: string;
  readonly lastRunAt: string | null;
  readonly ageMs: number | null;
  readonly verdict: string | null;
  readonly nextAt: string | null;
}

/** Those that dfbot.yaml has switched on. A matrix that nothing can be probed with is none. */
export function schedulesOf({ schedules, probes }: Config): readonly Schedule[] {
  const { timeZone, verify, connectivity } = schedules;
  return [
    ...(verify.enabled
      ? [{ id: "verify", title: "Nightly verification", params: {}, cron: verify.cron, timeZone }]
      : []),
    ...(connectivity.enabled && probes.image !== undefined
      ? [
          {
            id: "connectivity",
            title: "Daily connectivity matrix",
            params: { matrix: true },
            cron: connectivity.cron,
            timeZone,
          },
        ]
      : []),
  ];
}
