import { BotError, explain } from "../../errors.ts";
import type { ApprovablePlan, DurableContext, Effect, StepContext, StepOptions } from "./definition.ts";
import type { ApprovalOutcome, Checkpoint, Failure, RunRecord, StepCheckpoint } from "./record.ts";

export interface SessionDeps {
  /**
   * Keeps the record before anything goes on, and returns it as it is now kept: somebody may have asked to cancel.
   * Rejects with BotError `run.taken-over` when another process has the run.
   */
  save(record: RunRecord): Promise<RunRecord>;
  readonly now: () => Date;
  /** How long people have to decide about the plan of this run, in milliseconds. */
  approvalLifeMs(record: RunRecord): number;
  /** Waits between attempts. */
  pause(ms: number): Promise<void>;
  /** Aborts when this process must stop working on the run. */
  readonly signal: AbortSignal;
  /** Aborts when somebody wants the run to end. */
  readonly cancelled?: AbortSignal;
  /**
   * Written down, for the auditor, before an effect begins and when it is known to be done; when it throws, the effect is not
   * begun.
   */
  onEffect?(record: RunRecord, effect: { readonly name: string; readonly phase: "begun" | "done" | "found" }): void;
  /** A step begins; the record shows that, and is not kept in this form. */
  onStep?(record: RunRecord): void;
  onProgress?(record: RunRecord, text: string): void;
  onLog?(record: RunRecord, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Why the code does not go on for now. */
export type Park =
  | { readonly kind: "sleeping"; readonly until: string }
  | { readonly kind: "waiting" }
  | { readonly kind: "ended"; readonly state: "rejected" | "expired"; readonly outcome: ApprovalOutcome };

export interface Session<Params> {
  readonly context: DurableContext<Params>;
  /** Resolves when the code has come to where it must wait; it then stays there for good. */
  readonly parked: Promise<Park>;
  /** The record with everything done so far. */
  record(): RunRecord;
  /** An error of the engine: it ends this pass even when the code caught it and went on. */
  fatal(): BotError | undefined;
  /** Checkpoints that the code never came to. */
  unvisited(): readonly Checkpoint[];
}

const longestResult = 256 * 1024;

/** One pass of a runbook's code over its record: recorded results are given back, what is not yet done is done and kept. */
export function openSession<Params>(start: RunRecord, params: Params, deps: SessionDeps): Session<Params> {
  let record = start;
  let position = 0;
  let busy: string | undefined;
  let fatal: BotError | undefined;
  const { promise: parked, resolve: park } = Promise.withResolvers<Park>();
  const never = <T>() => new Promise<T>(() => {});

  const replace = (at: number, checkpoint: Checkpoint): RunRecord => ({
    ...record,
    checkpoints: [...record.checkpoints.slice(0, at), checkpoint, ...record.checkpoints.slice(at + 1)],
  });
  const die = (error: BotError): never => {
    fatal ??= error;
    throw fatal;
  };
  const keep = async (at: number, checkpoint: Checkpoint) => {
    record = await deps.save(replace(at, checkpoint)).catch((error: unknown) => {
      if (isEngines(error)) die(error);
      // Nobody knows whether it was kept. That is no failure of the step: the record tells the next pass.
      return die(
        new BotError("run.not-kept", `Run ${record.id} could not be kept: ${explain(error)}`, "", { cause: error }),
      );
    });
  };

  /** The recorded checkpoint at this point of the code, if the run came this far before. */
  const arrive = <Kind extends Checkpoint["kind"]>(kind: Kind, name: string) => {
    if (fatal !== undefined) throw fatal;
    const at = position++;
    const known = record.checkpoints[at];
    if (known !== undefined && (known.kind !== kind || known.name !== name)) {
      die(
        new BotError(
          "run.diverged",
          `Run ${record.id} was at ${known.kind} "${known.name}", but runbook ${record.runbook} now comes to ${kind} "${name}" there`,
          "Nothing more was done. Give the changed runbook a new version and keep the old one in `previous`, or run it anew",
        ),
      );
    }
    if (record.cancel !== undefined && known === undefined) die(cancelled(record));
    return { at, known: known as Extract<Checkpoint, { kind: Kind }> | undefined };
  };

  /** Steps are one after the other: two at once would be recorded in whatever order they happen to end. */
  const alone = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (busy !== undefined) {
      die(
        new BotError(
          "run.parallel",
          `Step "${name}" was begun while "${busy}" was still at work`,
          "Await each step, or do both things inside one step",
        ),
      );
    }
    busy = name;
    try {
      return await work();
    } finally {
      busy = undefined;
    }
  };

  const work = async <T>(
    name: string,
    isEffect: boolean,
    fn: (step: StepContext) => Promise<T>,
    options: StepOptions = {},
  ): Promise<T> => {
    const { at, known } = arrive("step", name);
    if (known?.doneAt !== undefined) {
      if (known.failure !== undefined) throw failed(known.failure);
      return known.result as T;
    }
    const { begunAt = deps.now().toISOString(), attempts = 0 } = known ?? {};
    const begun: StepCheckpoint = { kind: "step", name, begunAt, attempts: attempts + 1, result: null };
    return await alone(name, () => attempt(at, isEffect ? { ...begun, effect: true } : begun, fn, options));
  };

  const attempt = async <T>(
    at: number,
    first: StepCheckpoint,
    fn: (step: StepContext) => Promise<T>,
    { timeoutMs = 30_000, retries = 0, backoffMs = 500 }: StepOptions,
  ): Promise<T> => {
    const { name } = first;
    // Once begun an effect is seen through: what is on its way cannot be called back, and another process would do it again.
    const stops = [deps.signal, ...(deps.cancelled === undefined ? [] : [deps.cancelled])];
    const stop = AbortSignal.any(first.effect === true ? [] : stops);
    let begun = first;
    for (let failures = 0; ; failures++) {
      deps.signal.throwIfAborted();
      // An effect is known to have been begun before it does anything. A step may be done again: one write, when it is done.
      if (begun.effect === true) await keep(at, begun);
      else deps.onStep?.(replace(at, begun));
      const interrupted = begun.attempts > 1;
      try {
        const result = toJson(
          name,
          await withinTime(name, timeoutMs, stop, (signal) => fn({ signal, now: deps.now, interrupted })),
        );
        await keep(at, { ...begun, doneAt: deps.now().toISOString(), result });
        return result as T;
      } catch (error) {
        if (deps.signal.aborted || isEngines(error)) throw error;
        if (stop.aborted) die(cancelled(record));
        if (failures >= retries) {
          await keep(at, { ...begun, doneAt: deps.now().toISOString(), failure: failureOf(error) });
          throw error;
        }
        await deps.pause(backoffMs * 2 ** failures);
        begun = { ...begun, attempts: begun.attempts + 1 };
      }
    }
  };

  const context: DurableContext<Params> = {
    runId: record.id,
    requester: record.requester,
    params,
    signal: deps.cancelled === undefined ? deps.signal : AbortSignal.any([deps.signal, deps.cancelled]),
    progress: (text) => deps.onProgress?.(record, text),
    log: (message, fields = {}) => {
      if (record.checkpoints[position] === undefined) deps.onLog?.(record, message, fields);
    },
    step: (name, fn, options) => work(name, false, fn, options),
    effect: <T>(name: string, { find, apply }: Effect<T>, options?: StepOptions) =>
      work(
        name,
        true,
        async (inner) => {
          const found = await find(inner);
          if (found !== undefined) {
            deps.onEffect?.(record, { name, phase: "found" });
            return found;
          }
          deps.onEffect?.(record, { name, phase: "begun" });
          const result = await apply(inner);
          deps.onEffect?.(record, { name, phase: "done" });
          return result;
        },
        options,
      ),
    sleep: async (name, ms) => {
      const { at, known } = arrive("sleep", name);
      const until = known?.until ?? new Date(deps.now().getTime() + ms).toISOString();
      if (known === undefined) await keep(at, { kind: "sleep", name, until });
      if (deps.now().getTime() >= Date.parse(until)) return;
      if (record.cancel !== undefined) die(cancelled(record));
      park({ kind: "sleeping", until });
      await never();
    },
    approve: async <Plan extends ApprovablePlan>(name: string, plan: Plan) => {
      const { at, known } = arrive("approval", name);
      if (known === undefined) {
        const now = deps.now();
        const expiresAt = new Date(now.getTime() + deps.approvalLifeMs(record)).toISOString();
        const times = { askedAt: now.toISOString(), expiresAt };
        await keep(at, { kind: "approval", name, ...times, digest: plan.digest, votes: [], plan: toJson(name, plan) });
      } else if (known.outcome === undefined && deps.now().getTime() >= Date.parse(known.expiresAt)) {
        await keep(at, { ...known, outcome: { state: "expired", at: known.expiresAt, by: [], reason: "" } });
      }
      const current = record.checkpoints[at];
      const outcome = current?.kind === "approval" ? current.outcome : undefined;
      if (outcome?.state === "approved") return { plan: known?.plan as Plan, outcome };
      if (outcome?.state === "rejected" || outcome?.state === "expired") {
        park({ kind: "ended", state: outcome.state, outcome });
      } else if (outcome === undefined) {
        if (record.cancel !== undefined) die(cancelled(record));
        park({ kind: "waiting" });
      } else {
        throw new BotError(
          "approval.voided",
          `The plan changed after it was asked about: ${outcome.reason}`,
          "Run it again for a new plan",
        );
      }
      return await never();
    },
  };
  return {
    context,
    parked,
    record: () => record,
    fatal: () => fatal,
    unvisited: () => record.checkpoints.slice(position),
  };
}

function cancelled({ id, cancel }: RunRecord): BotError {
  return new BotError("run.cancelled", `Run ${id} was cancelled by ${cancel?.by ?? "somebody"}`, cancel?.reason ?? "");
}

/** Errors of the engine itself are about the run, not about the step: they are not recorded as its failure. */
function isEngines(error: unknown): error is BotError {
  return error instanceof BotError && error.code.startsWith("run.");
}

function failureOf(error: unknown): Failure {
  if (error instanceof BotError) return { code: error.code, message: error.message, next: error.next };
  return { code: "step.failed", message: explain(error), next: "" };
}

function failed({ code, message, next }: Failure): BotError {
  return new BotError(code, message, next);
}

/** The result as it will be read back, so that the first pass and every later one see the same. */
function toJson(name: string, value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  if (text.length > longestResult) {
    throw new BotError(
      "step.result-too-large",
      `The result of "${name}" is ${Math.round(text.length / 1024)} KiB; at most ${longestResult / 1024} are kept`,
      "Return what the next steps need, and put the rest into the report",
    );
  }
  return JSON.parse(text);
}

async function withinTime<T>(
  name: string,
  timeoutMs: number,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.abort();
    const seconds = timeoutMs / 1000;
    reject(
      new BotError("step.timeout", `"${name}" did not end within ${seconds} s`, "Look at what it was waiting for"),
    );
  }, timeoutMs);
  const stopped = () => reject(stop.reason);
  stop.addEventListener("abort", stopped, { once: true });
  try {
    stop.throwIfAborted();
    return await Promise.race([work(AbortSignal.any([stop, timeout.signal])), promise]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", stopped);
  }
}
