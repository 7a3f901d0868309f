import { BotError, explain } from "../../errors.ts";
import type { ChangeRunbook } from "./definition.ts";
import { type Failure, hasEnded, type RunRecord } from "./record.ts";
import { openSession, type Session, type SessionDeps } from "./session.ts";

/**
 * Carries a run on as far as it goes: to its end, or to where it must wait for the clock or for people. Returns the record
 * as it is kept then. May be called again at any time, by any process: what is done is not done again.
 *
 * @throws BotError `run.taken-over` when another process has the run; the reason of `deps.signal` when it aborts
 */
export async function executeRun(
  record: RunRecord,
  runbooks: readonly ChangeRunbook[],
  deps: SessionDeps,
): Promise<RunRecord> {
  if (hasEnded(record.state)) return record;
  const end =
    (state: RunRecord["state"], more: Partial<RunRecord> = {}) =>
    (current: RunRecord) => {
      const { wakeAt: _, ...rest } = current;
      return deps.save({ ...rest, ...more, state, endedAt: deps.now().toISOString() });
    };
  const prepared = prepare(record, runbooks);
  if ("failure" in prepared) return await end("failed", { failure: prepared.failure })(record);

  const { wakeAt: _, ...awake } = record;
  const begun: RunRecord = { ...awake, state: "running", version: prepared.runbook.version };
  const session = openSession(begun, prepared.params, deps);
  const finished = prepared.runbook.run(session.context).then(
    (conclusion) => ({ kind: "concluded" as const, conclusion }),
    (error: unknown) => ({ kind: "threw" as const, error }),
  );
  const came = await Promise.race([finished, session.parked]);
  const fatal = session.fatal();
  const result = fatal === undefined ? came : { kind: "threw" as const, error: fatal };
  const current = session.record();
  switch (result.kind) {
    case "sleeping":
      return await deps.save({ ...current, state: "sleeping", wakeAt: result.until });
    case "waiting":
      return await deps.save({ ...current, state: "waiting" });
    case "ended":
      return await end(result.state)(current);
    case "concluded":
      return await end(...concluded(session, result.conclusion))(current);
    case "threw":
      if (deps.signal.aborted) throw deps.signal.reason;
      if (isOfTheProcess(result.error)) throw result.error;
      return isCancelled(result.error)
        ? await end("cancelled")(current)
        : await end("failed", { failure: failureOf(result.error) })(current);
  }
}

function concluded<Params>(session: Session<Params>, conclusion: unknown): [RunRecord["state"], Partial<RunRecord>] {
  const [skipped] = session.unvisited();
  if (skipped === undefined) return ["succeeded", { conclusion }];
  const { id, runbook } = session.record();
  const message = `Run ${id} had done ${skipped.kind} "${skipped.name}", which runbook ${runbook} no longer comes to`;
  const next = "Give the changed runbook a new version and keep the old one in `previous`";
  return ["failed", { failure: { code: "run.diverged", message, next } }];
}

interface Prepared {
  readonly runbook: ChangeRunbook;
  readonly params: Record<string, unknown>;
}

/** The version of the runbook that the run began with; a run that has done nothing yet takes the newest. */
function prepare(record: RunRecord, runbooks: readonly ChangeRunbook[]): Prepared | { readonly failure: Failure } {
  const newest = runbooks.find(({ id }) => id === record.runbook);
  const runbook =
    newest === undefined || record.checkpoints.length === 0 || newest.version === record.version
      ? newest
      : newest.previous.find(({ version }) => version === record.version);
  if (runbook === undefined) {
    const have = newest === undefined ? "is not installed" : `is here in version ${newest.version}`;
    return {
      failure: {
        code: "run.version",
        message: `Run ${record.id} began with version ${record.version} of ${record.runbook}, which ${have}`,
        next: "Nothing more was done. Look at what its last step left, then run it anew",
      },
    };
  }
  const params = runbook.params.safeParse(record.params);
  if (params.success) return { runbook, params: params.data };
  const problems = params.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  return { failure: { code: "runbook.parameters", message: problems, next: "Correct the parameters and run it anew" } };
}

/** About this process and its way to the store: the run goes on from its record, here or elsewhere. */
function isOfTheProcess(error: unknown): boolean {
  return error instanceof BotError && (error.code === "run.taken-over" || error.code === "run.not-kept");
}

function isCancelled(error: unknown): boolean {
  return error instanceof BotError && error.code === "run.cancelled";
}

function failureOf(error: unknown): Failure {
  if (error instanceof BotError) return { code: error.code, message: error.message, next: error.next };
  return { code: "run.failed", message: explain(error), next: "Look at the log of the run" };
}
