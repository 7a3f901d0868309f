import { randomUUID } from "node:crypto";
import type { Config } from "../config/file.ts";
import { BotError } from "../errors.ts";
import type { Platform } from "../platform/ports.ts";
import { type Report, worstVerdict } from "../reports/model.ts";
import { type Scrub, scrubDeep } from "../secrets.ts";
import { version } from "../version.ts";
import type { Runbook, RunRequest } from "./definition.ts";
import { nearestWord } from "./nearest.ts";

export interface Runner {
  readonly runbooks: readonly Runbook[];
  /**
   * Runs a runbook to its report. Throws BotError `runbook.unknown`, `runbook.parameters` or what `permit` says before anything is read, and
   * whatever BotError the runbook itself throws when it cannot even begin (an instance that does not exist).
   */
  run(request: RunRequest, signal?: AbortSignal): Promise<Report>;
}

export interface RunnerDeps {
  readonly runbooks: readonly Runbook[];
  readonly config: Config;
  readonly platform: Platform;
  readonly scrub: Scrub;
  readonly now: () => Date;
  /** Rejects when this requester may not run this runbook. */
  readonly permit?: (request: RunRequest) => Promise<void>;
  /** Told of every finished run, for metrics and logs. */
  readonly onFinished?: (report: Report, request: RunRequest) => void;
}

/** People who ask the same within this time get the same answer: fifty people in an incident are not fifty runs. */
const shareForMs = 1_000;

/** The one place where a run request becomes a report. Every text of the report is scrubbed of secrets here. */
export function createRunner(deps: RunnerDeps): Runner {
  const share = createShare<Report>(shareForMs);
  const conclude = async (
    runbook: Runbook,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Report> => {
    const startedAt = deps.now();
    const started = performance.now();
    const { config, platform, now } = deps;
    const conclusion = await runbook.run({ params, config, platform, signal, now });
    return scrubDeep<Report>(
      {
        runbook: runbook.id,
        params,
        runId: randomUUID(),
        verdict: worstVerdict(conclusion.findings.map((finding) => finding.verdict)),
        summary: conclusion.summary,
        startedAt: startedAt.toISOString(),
        durationMs: Math.round(performance.now() - started),
        findings: conclusion.findings,
        tables: conclusion.tables,
        charts: conclusion.charts ?? [],
        madeBy: `dfbot ${version}`,
        ...(conclusion.auditSeal === undefined ? {} : { auditSeal: conclusion.auditSeal }),
      },
      deps.scrub,
    );
  };
  return {
    runbooks: deps.runbooks,
    async run(request, signal = new AbortController().signal) {
      const runbook = findRunbook(deps.runbooks, request.runbook);
      const params = runbook.params.safeParse(request.params);
      if (!params.success) {
        const problems = params.error.issues.map(
          (issue) => `${issue.path.join(".") || "parameters"}: ${issue.message}`,
        );
        throw new BotError(
          "runbook.parameters",
          `${runbook.id} cannot run: ${problems.join("; ")}`,
          "Correct the parameters and try again",
        );
      }
      const also = runbook.alsoNeeds?.(params.data);
      for (const id of [runbook.id, ...(also === undefined ? [] : [also])])
        await deps.permit?.({ ...request, runbook: id });
      const shared = await share(`${runbook.id} ${JSON.stringify(params.data)}`, () =>
        conclude(runbook, params.data, signal),
      );
      const { surface, id } = request.requester;
      const report = { ...shared, askedBy: deps.scrub(`${surface} ${id}`) };
      deps.onFinished?.(report, request);
      return report;
    },
  };
}

function findRunbook(runbooks: readonly Runbook[], id: string): Runbook {
  const found = runbooks.find((runbook) => runbook.id === id);
  if (found !== undefined) return found;
  const nearest = nearestWord(
    id,
    runbooks.map((runbook) => runbook.id),
  );
  throw new BotError(
    "runbook.unknown",
    `There is no runbook "${id}"`,
    nearest === undefined ? "None is installed" : `Did you mean ${nearest}?`,
  );
}

/** Joins a run that began within `lifeMs`; never one that has failed. */
function createShare<T>(lifeMs: number): (key: string, make: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, make) => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const made = make();
    running.set(key, made);
    const forget = () => void (running.get(key) === made && running.delete(key));
    setTimeout(forget, lifeMs).unref();
    made.catch(forget);
    return made;
  };
}
