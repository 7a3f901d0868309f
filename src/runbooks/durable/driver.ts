import {
  type Ballot,
  type Decision,
  type DecisionContext,
  decide,
  requestOf,
  voidRequest,
} from "../../approvals/decide.ts";
import { BotError } from "../../errors.ts";
import { amendRecord } from "../../records/amend.ts";
import type { Requester } from "../definition.ts";
import { type CarryOnDeps, carryOn, withoutOwner } from "./carry-on.ts";
import { hasEnded, newRun, type RunRecord } from "./record.ts";
import { rerunFrom } from "./rerun.ts";
import type { KeptRun } from "./store.ts";

export interface RunDriver {
  /**
   * Accepts a run: it is kept before this resolves. Rejects with BotError `runbook.unknown`, `runbook.parameters`, or
   * `run.locked` with the run that has the same target.
   */
  submit(wanted: WantedRun): Promise<RunRecord>;
  /**
   * What somebody says about the plan that a run asks about. Judged by the rules of `decide` on the newest record, so that of
   * many at once each sees what the others did. Rejects with BotError `approval.closed` when nothing is being asked, and with
   * `approval.<refusal>` and a sentence for the person when what they said does not count.
   */
  vote(id: string, ballot: Ballot): Promise<RunRecord>;
  /**
   * Notes something about a run that is no step of it, such as where its card is; nobody is told. Nothing is written when `edit`
   * returns the record as it is.
   */
  amend(id: string, edit: (record: RunRecord) => RunRecord): Promise<RunRecord>;
  /**
   * What is asked about is no longer what it was: nothing that was said about this digest counts any more, and the run goes on with
   * `approval.voided`. Nothing happens when the question is decided, or another one is being asked.
   */
  voidApproval(id: string, digest: string, reason: string): Promise<RunRecord>;
  /** Asks a run to end before its next step; rejects with `run.ended` when it has. */
  cancel(id: string, by: string, reason: string): Promise<RunRecord>;
  /** Has a failed run go on from the step that failed; rejects as `rerunFrom` does, and with `run.locked`. */
  rerun(id: string, by: string): Promise<RunRecord>;
  /** Carries on one run if it is due; resolves when this process has done what it can for it now. */
  wake(id: string): Promise<void>;
  /** Notes that a reminder was sent. False when it was sent already, or nobody needs it any more. */
  remind(id: string, nth: number): Promise<boolean>;
  /** Forgets runs that ended before this. */
  prune(endedBefore: Date): Promise<number>;
  /** Looks at the runs about which there is something left to do, which it returns, and carries on what is due: new runs, runs that slept long enough or were decided about, runs whose process is gone. */
  sweep(): Promise<readonly RunRecord[]>;
  /** Ends the work of this process after the step each run is in; another process takes them up. */
  stop(): Promise<void>;
}

export interface WantedRun {
  readonly id: string;
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly requester: Requester;
  readonly slack?: RunRecord["slack"];
}

export interface RunDriverDeps extends Omit<CarryOnDeps, "hold" | "stopping"> {
  /** How many runs this process carries on at once. */
  readonly concurrency: number;
  /** Policy, members and delegations as they are now, for a run. */
  decisionContext(record: RunRecord): DecisionContext;
}

interface Observed {
  readonly revision: string;
  readonly at: number;
}

const lockAttempts = 20;

/** Lets several processes carry on the runs of one store, each run in one process at a time. */
export function createRunDriver(deps: RunDriverDeps): RunDriver {
  const { store } = deps;
  const active = new Map<string, Promise<void>>();
  const observed = new Map<string, Observed>();
  const stopping = new AbortController();

  /** A change that others are told of. */
  const change = async (id: string, edit: (record: RunRecord) => RunRecord): Promise<KeptRun> => {
    let changed = false;
    const kept = await write(id, (before) => {
      const after = edit(before);
      changed = after !== before;
      return after;
    });
    if (changed) deps.onChange?.(kept.record);
    return kept;
  };

  const write = async (id: string, edit: (record: RunRecord) => RunRecord): Promise<KeptRun> => {
    const kept = await amendRecord(store, id, edit);
    if (kept === undefined) throw new BotError("run.unknown", `There is no run ${id}`, "See: /dragonfly runs");
    return kept;
  };

  const submit = async ({ id, params, requester, slack, ...wanted }: WantedRun): Promise<RunRecord> => {
    const runbook = deps.runbooks.find((one) => one.id === wanted.runbook);
    if (runbook === undefined) {
      throw new BotError(
        "runbook.unknown",
        `There is no change runbook "${wanted.runbook}"`,
        "See: /dragonfly runbooks",
      );
    }
    const parsed = runbook.params.safeParse(params);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
      throw new BotError("runbook.parameters", `${runbook.id} cannot run: ${problems}`, "Correct the parameters");
    }
    const lock = runbook.lock?.(parsed.data);
    const { version } = runbook;
    const named = { id, runbook: runbook.id, version, params: parsed.data, requester };
    const fresh = slack === undefined ? named : { ...named, slack };
    if (lock === undefined) {
      const { record } = await store.create(newRun(fresh, deps.now()));
      deps.onChange?.(record);
      return record;
    }
    // Until it is known that it has its target it is this process's, so that nobody begins what may yet be refused.
    const owner = { process: deps.process, beat: 0 };
    await store.create({ ...newRun({ ...fresh, lock }, deps.now()), owner });
    const holder = await hold(lock, id);
    if (holder !== id) {
      await store.remove(id);
      throw await locked(holder, lock);
    }
    return (await change(id, withoutOwner)).record;
  };

  /** The run that holds a lock, after trying to get it for this one. A run that has ended holds nothing. */
  const hold = async (lock: string, id: string): Promise<string> => {
    for (let attempt = 0; ; attempt++) {
      const holder = await store.claim(lock, id);
      if (holder === id || attempt >= lockAttempts) return holder;
      const other = await store.get(holder);
      if (other !== undefined && !hasEnded(other.record.state)) return holder;
      await store.release(lock, holder);
    }
  };

  const locked = async (holder: string, lock: string): Promise<BotError> => {
    const other = (await store.get(holder))?.record;
    return new BotError(
      "run.locked",
      `Run ${holder} (${other?.runbook ?? "another"}, asked for by ${other?.requester.id ?? "somebody"}) is already changing ${lock}`,
      "Wait until it has ended, or cancel it",
    );
  };

  const isDue = ({ record, revision }: KeptRun): boolean => {
    if (hasEnded(record.state) || active.has(record.id)) return false;
    const before = observed.get(record.id);
    const at = performance.now();
    if (before?.revision !== revision) observed.set(record.id, { revision, at });
    if (record.owner !== undefined) return before?.revision === revision && at - before.at >= deps.leaseMs;
    if (record.state === "queued" || record.state === "running" || record.cancel !== undefined) return true;
    if (record.state === "sleeping") return Date.parse(record.wakeAt ?? "") <= deps.now().getTime();
    return !isAsking(record, deps.now());
  };

  const begin = (kept: KeptRun) => {
    const { id } = kept.record;
    const work = carryOn(kept, { ...deps, hold, stopping: stopping.signal })
      .catch((error: unknown) => deps.onTrouble?.(id, error))
      .finally(() => active.delete(id));
    active.set(id, work);
    return work;
  };

  return {
    submit,
    vote: async (id, ballot) => {
      let decision: Decision | undefined;
      const { record } = await change(id, (before) => {
        const at = before.checkpoints.findLastIndex(({ kind }) => kind === "approval");
        const asked = before.checkpoints[at];
        if (hasEnded(before.state) || asked?.kind !== "approval") {
          throw new BotError(
            "approval.closed",
            `Run ${id} asks for no decision`,
            "Look at the run: it has ended, or is not that far",
          );
        }
        const request = requestOf(before, asked);
        decision = decide(request, ballot, deps.decisionContext(before));
        const { votes, outcome } = decision.request;
        if (decision.request === request) return before;
        const changed = { ...asked, votes: [...votes], ...(outcome === undefined ? {} : { outcome }) };
        return { ...before, checkpoints: before.checkpoints.with(at, changed) };
      });
      if (decision?.refused === undefined) return record;
      throw new BotError(`approval.${decision.refused.code}`, decision.refused.sentence, "");
    },
    voidApproval: async (id, digest, reason) => {
      const { record } = await change(id, (before) => {
        const at = before.checkpoints.findLastIndex(({ kind }) => kind === "approval");
        const asked = before.checkpoints[at];
        if (hasEnded(before.state) || asked?.kind !== "approval" || asked.digest !== digest) return before;
        const { outcome } = voidRequest(requestOf(before, asked), reason, deps.now());
        if (asked.outcome !== undefined || outcome === undefined) return before;
        return { ...before, checkpoints: before.checkpoints.with(at, { ...asked, outcome }) };
      });
      return record;
    },
    amend: async (id, edit) => (await write(id, edit)).record,
    cancel: async (id, by, reason) => {
      const { record } = await change(id, (before) => {
        if (hasEnded(before.state)) throw new BotError("run.ended", `Run ${id} has ended: ${before.state}`, "");
        return before.cancel === undefined
          ? { ...before, cancel: { by, at: deps.now().toISOString(), reason } }
          : before;
      });
      return record;
    },
    rerun: async (id, by) => {
      const failed = (await store.get(id))?.record;
      const lock = failed?.lock;
      if (failed !== undefined && lock !== undefined) {
        rerunFrom(failed, by, deps.now());
        const holder = await hold(lock, id);
        if (holder !== id) throw await locked(holder, lock);
      }
      return (await change(id, (before) => rerunFrom(before, by, deps.now()))).record;
    },
    wake: async (id) => {
      if (stopping.signal.aborted || active.size >= deps.concurrency) return;
      const kept = await store.get(id);
      if (kept !== undefined && isDue(kept)) await begin(kept);
    },
    remind: async (id, nth) => {
      let sent = false;
      await write(id, (before) => {
        const at = before.checkpoints.length - 1;
        const asked = before.checkpoints[at];
        sent = asked?.kind === "approval" && isAsking(before, deps.now()) && (asked.reminded ?? 0) <= nth;
        if (!sent || asked?.kind !== "approval") return before;
        return { ...before, checkpoints: before.checkpoints.with(at, { ...asked, reminded: nth + 1 }) };
      });
      return sent;
    },
    prune: async (endedBefore) => {
      const old = (await store.list()).filter(
        ({ record: { state, endedAt } }) =>
          hasEnded(state) && endedAt !== undefined && Date.parse(endedAt) < endedBefore.getTime(),
      );
      for (const { record } of old) await store.remove(record.id);
      return old.length;
    },
    sweep: async () => {
      if (stopping.signal.aborted) return [];
      const open = await store.list("open");
      const due = open.filter(isDue).toSorted((a, b) => byAge(a.record, b.record));
      for (const kept of due.slice(0, Math.max(0, deps.concurrency - active.size))) void begin(kept);
      return open.map(({ record }) => record);
    },
    stop: async () => {
      stopping.abort(new BotError("run.stopping", "This process is stopping", "Another one carries on"));
      await Promise.all(active.values());
    },
  };
}

/** Whether the newest approval is still open, and may be. */
function isAsking({ checkpoints }: RunRecord, now: Date): boolean {
  const last = checkpoints.at(-1);
  return last?.kind === "approval" && last.outcome === undefined && now.getTime() < Date.parse(last.expiresAt);
}

function byAge(a: RunRecord, b: RunRecord): number {
  return a.requestedAt.localeCompare(b.requestedAt) || a.id.localeCompare(b.id);
}
