import type { Config } from "./config/file.ts";
import type { Logger } from "./logging.ts";
import type { Telemetry } from "./meters.ts";
import type { LastResult, Platform } from "./platform/ports.ts";
import type { ResultStore } from "./records/kept-result.ts";
import type { Runbook } from "./runbooks/definition.ts";
import { keepResult } from "./runbooks/last-result.ts";
import { createRunner, type Runner } from "./runbooks/runner.ts";
import type { Scrub } from "./secrets.ts";

export interface ReadRuns {
  /** For people. */
  readonly runner: Runner;
  /** For the schedules, which compare with what they last told of, whatever people have asked for since. */
  comparedWith(last: LastResult | undefined): Runner;
}

/** The read runbooks of the service: what a run came to is logged, counted, and kept for the next one, whoever asked for it. */
export function composeReadRuns(deps: {
  readonly runbooks: readonly Runbook[];
  readonly config: Config;
  readonly platform: Platform;
  readonly results: ResultStore;
  readonly scrub: Scrub;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Rejects when this person may not run this runbook. */
  permit(runbook: string, person: string): Promise<void>;
}): ReadRuns {
  const { runbooks, config, scrub, logger, telemetry } = deps;
  const runnerOn = (platform: Platform) =>
    createRunner({
      runbooks,
      // What dfbot.yaml schedules needs nobody's leave.
      permit: async ({ runbook, requester }) =>
        requester.surface === "schedule" ? undefined : deps.permit(runbook, requester.id),
      config,
      platform,
      scrub,
      now: () => new Date(),
      onFinished(report, request) {
        telemetry.ran(report);
        const { runId, runbook, verdict, durationMs } = report;
        logger.info({ runId, runbook, verdict, durationMs, requester: request.requester }, "run finished");
        keepResult(report, config, deps.results).catch((err: unknown) =>
          logger.warn({ err, runId, runbook }, "this run is not what the next one is compared with"),
        );
      },
    });
  return {
    runner: runnerOn(deps.platform),
    comparedWith: (last) => runnerOn({ ...deps.platform, lastResults: { last: async () => last } }),
  };
}
