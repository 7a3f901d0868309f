import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DependencyState } from "./checks.ts";
import type { Report } from "./reports/model.ts";

/** What the bot counts of itself, for /metrics. */
export interface Telemetry {
  text(): Promise<string>;
  handled(what: string, ackMs: number): void;
  ran(report: Report): void;
  /** A change came to its end. */
  changed(runbook: string, state: string): void;
  dependency(name: string, state: DependencyState): void;
  /** The last run of a schedule was made then; before the first one, since when it is waited for. */
  scheduled(schedule: string, at: Date): void;
}

/** What /metrics shows, by prom-client. */
export function createMeters(): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "dfbot_" });
  const registers = [registry];
  const ack = new Histogram({
    name: "dfbot_slack_ack_seconds",
    help: "Time to acknowledge a command or click",
    labelNames: ["what"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 3],
    registers,
  });
  const runs = new Counter({
    name: "dfbot_runs_total",
    help: "Finished runs",
    labelNames: ["runbook", "verdict"],
    registers,
  });
  const seconds = new Histogram({
    name: "dfbot_run_seconds",
    help: "Duration of runs",
    labelNames: ["runbook"],
    buckets: [0.1, 0.3, 1, 3, 5, 10, 30],
    registers,
  });
  const changes = new Counter({
    name: "dfbot_changes_total",
    help: "Changes that came to their end in this process",
    labelNames: ["runbook", "state"],
    registers,
  });
  const up = new Gauge({
    name: "dfbot_dependency_up",
    help: "1 when the dependency was ok at the last look",
    labelNames: ["dependency"],
    registers,
  });
  const scheduled = new Gauge({
    name: "dfbot_schedule_last_run_timestamp_seconds",
    help: "When the last run of a schedule was made; before the first one, since when it is waited for",
    labelNames: ["schedule"],
    registers,
  });
  return {
    text: () => registry.metrics(),
    handled: (what, ackMs) => ack.observe({ what }, ackMs / 1_000),
    ran(report) {
      runs.inc({ runbook: report.runbook, verdict: report.verdict });
      seconds.observe({ runbook: report.runbook }, report.durationMs / 1_000);
    },
    changed: (runbook, state) => changes.inc({ runbook, state }),
    dependency: (name, state) => up.set({ dependency: name }, state === "ok" ? 1 : 0),
    scheduled: (schedule, at) => scheduled.set({ schedule }, at.getTime() / 1_000),
  };
}
