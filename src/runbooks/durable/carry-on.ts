import { BotError } from "../../errors.ts";
import { isConflict } from "../../records/amend.ts";
import type { ChangeRunbook } from "./definition.ts";
import { executeRun } from "./execute.ts";
import { type Checkpoint, hasEnded, type RunRecord } from "./record.ts";
import type { SessionDeps } from "./session.ts";
import type { KeptRun, RunStore } from "./store.ts";

export interface CarryOnDeps
  extends Pick<SessionDeps, "now" | "pause" | "approvalLifeMs" | "onEffect" | "onStep" | "onProgress" | "onLog"> {
  readonly store: RunStore;
  readonly runbooks: readonly ChangeRunbook[];
  /** Different for every start of a process. */
  readonly process: string;
  readonly leaseMs: number;
  /** Takes a lock, or says which run has it. */
  hold(lock: string, id: string): Promise<string>;
  /** Aborts when the process stops. */
  readonly stopping: AbortSignal;
  /** Told of every new form of a run that this process writes. */
  onChange?(record: RunRecord): void;
  /** A run could not be carried on for a reason outside of it; it will be tried again. */
  onTrouble?(id: string, error: unknown): void;
}

const writeAttempts = 20;

/**
 * Takes a run for this process, shows that it is at work by a rising count, and carries the run on until it ends, parks, or is
 * taken away. Of several processes that try one gets it.
 */
export async function carryOn(found: KeptRun, deps: CarryOnDeps): Promise<void> {
  const { store } = deps;
  const { id, lock } = found.record;
  let kept: KeptRun;
  try {
    const owner = { process: deps.process, beat: 0 };
    kept = await store.update(found, { ...found.record, state: "running", owner });
  } catch (error) {
    // Somebody else was quicker.
    if (isConflict(error)) return;
    throw error;
  }
  const lost = new AbortController();
  const cancelled = new AbortController();
  const mine = serialised(async (edit: (record: RunRecord) => RunRecord) => {
    for (let attempt = 0; ; attempt++) {
      try {
        const edited = edit(kept.record);
        if (edited !== kept.record) kept = await store.update(kept, edited);
        if (kept.record.cancel !== undefined) cancelled.abort();
        return kept.record;
      } catch (error) {
        if (!isConflict(error) || attempt >= writeAttempts) throw error;
        const current = await store.get(id);
        if (current?.record.owner?.process !== deps.process) {
          const taken = new BotError(
            "run.taken-over",
            `Run ${id} is carried on by another process`,
            "Nothing to do here",
          );
          lost.abort(taken);
          throw taken;
        }
        kept = current;
      }
    }
  });
  const beat = setInterval(() => {
    // Not after it was put down: the beat may have been waiting behind that.
    mine((record) => {
      const { owner } = record;
      return owner === undefined ? record : { ...record, owner: { ...owner, beat: owner.beat + 1 } };
    }).catch((error: unknown) => deps.onTrouble?.(id, error));
  }, deps.leaseMs / 3);
  try {
    if (lock !== undefined && (await deps.hold(lock, id)) !== id) {
      // Its turn comes when the other has ended.
      await mine((record) => withoutOwner({ ...record, state: found.record.state }));
      return;
    }
    const after = await executeRun(kept.record, deps.runbooks, {
      ...deps,
      // What others may write meanwhile is theirs: the wish to cancel, where the card is, what is seen of a merge request, what people decide. The rest is ours.
      save: async (record) => {
        const saved = await mine((current) => {
          const { cancel, owner, slack, mergeRequest } = current;
          // Whoever cancelled it was told so: nothing more is begun.
          if (cancel !== undefined && record.checkpoints.length > current.checkpoints.length) {
            throw new BotError("run.cancelled", `Run ${id} was cancelled by ${cancel.by}`, cancel.reason);
          }
          const theirs = {
            ...(cancel === undefined ? {} : { cancel }),
            ...(owner === undefined ? {} : { owner }),
            ...(slack === undefined ? {} : { slack }),
            ...(mergeRequest === undefined ? {} : { mergeRequest }),
          };
          const checkpoints = withDecisions(record.checkpoints, current.checkpoints);
          const merged: RunRecord = { ...record, ...theirs, checkpoints };
          return rests(merged) ? withoutOwner(merged) : merged;
        });
        deps.onChange?.(saved);
        return saved;
      },
      signal: AbortSignal.any([deps.stopping, lost.signal]),
      cancelled: cancelled.signal,
    });
    if (lock !== undefined && hasEnded(after.state)) await store.release(lock, id);
  } catch (error) {
    if (deps.stopping.aborted && !lost.signal.aborted) await mine(withoutOwner);
    else if (!lost.signal.aborted) throw error;
  } finally {
    clearInterval(beat);
  }
}

/** Whether a run has come to where no process needs to hold it. */
function rests({ state }: RunRecord): boolean {
  return hasEnded(state) || state === "sleeping" || state === "waiting";
}

/** The record as it is when no process has it. */
export function withoutOwner({ owner: _, ...record }: RunRecord): RunRecord {
  return record;
}

/** With what was said about the plans in the kept record: whatever was decided first stands. */
function withDecisions(ours: readonly Checkpoint[], kept: readonly Checkpoint[]): Checkpoint[] {
  return ours.map((checkpoint, at) => {
    const known = kept[at];
    if (checkpoint.kind !== "approval" || known?.kind !== "approval") return checkpoint;
    const { votes, reminded } = known;
    const outcome = known.outcome ?? checkpoint.outcome;
    return {
      ...checkpoint,
      votes,
      ...(reminded === undefined ? {} : { reminded }),
      ...(outcome === undefined ? {} : { outcome }),
    };
  });
}

/** One call after the other, each with the outcome of the one before behind it. */
function serialised<In, Out>(work: (input: In) => Promise<Out>): (input: In) => Promise<Out> {
  let last: Promise<unknown> = Promise.resolve();
  return (input) => {
    const next = last.then(() => work(input));
    last = next.catch(() => undefined);
    return next;
  };
}
