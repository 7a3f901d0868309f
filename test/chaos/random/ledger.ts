import { isDeepStrictEqual } from "node:util";
import { BotError } from "../../../src/errors.ts";
import { type Checkpoint, hasEnded, type RunRecord, runRecordSchema } from "../../../src/runbooks/durable/record.ts";
import type { KeptRun, RunStore } from "../../../src/runbooks/durable/store.ts";
import type { Judge } from "./judge.ts";
import type { Link } from "./link.ts";

/** The runs as they really are kept. Everything takes effect at once; the way to it is the link's business. */
export interface Ledger {
  /** The store as one process sees it. */
  behind(link: Link, writer: string): RunStore;
  read(id: string): RunRecord | undefined;
  runs(): readonly RunRecord[];
  /** When the first form with this checkpoint was kept. */
  begunAt(id: string, checkpoint: string): number | undefined;
  cancelledAt(id: string): number | undefined;
}

/** Told of each write when it takes effect, with the form before it. */
export type OnWrite = (writer: string, before: RunRecord | undefined, after: RunRecord) => void;

export function createLedger(judge: Judge, now: () => number, onWrite: OnWrite): Ledger {
  const entries = new Map<string, { readonly text: string; readonly revision: number }>();
  const locks = new Map<string, string>();
  const firsts = new Map<string, number>();
  const cancels = new Map<string, number>();
  let revisions = 0;

  const read = (id: string): RunRecord | undefined => {
    const entry = entries.get(id);
    return entry === undefined ? undefined : JSON.parse(entry.text);
  };
  const get = (id: string): KeptRun | undefined => {
    const record = read(id);
    return record === undefined ? undefined : { record, revision: String(entries.get(id)?.revision) };
  };
  const put = (writer: string, record: RunRecord): KeptRun => {
    const before = read(record.id);
    const text = JSON.stringify(runRecordSchema.parse(record));
    entries.set(record.id, { text, revision: ++revisions });
    const after: RunRecord = JSON.parse(text);
    for (const { name } of after.checkpoints) {
      const key = `${after.id} ${name}`;
      if (!firsts.has(key)) firsts.set(key, now());
    }
    if (after.cancel !== undefined && !cancels.has(after.id)) cancels.set(after.id, now());
    judge.tell(`${writer} writes ${brief(after)}`);
    if (before !== undefined) compare(judge, before, after);
    onWrite(writer, before, after);
    return { record: after, revision: String(revisions) };
  };

  return {
    read,
    runs: () => [...entries.keys()].flatMap((id) => read(id) ?? []),
    begunAt: (id, checkpoint) => firsts.get(`${id} ${checkpoint}`),
    cancelledAt: (id) => cancels.get(id),
    behind: (link, writer) => ({
      create: (record) =>
        link.call(`create ${record.id}`, () => {
          if (entries.has(record.id)) throw new BotError("run.exists", `Run ${record.id} exists`, "");
          return put(writer, record);
        }),
      get: (id) => link.call(`get ${id}`, () => get(id)),
      update: (kept, record) =>
        link.call(`update ${record.id}`, () => {
          const isSame = String(entries.get(record.id)?.revision) === kept.revision;
          if (!isSame) throw new BotError("run.conflict", `Run ${record.id} was changed`, "");
          return put(writer, record);
        }),
      list: () =>
        link.call("list", () =>
          [...entries.keys()]
            .flatMap((id) => get(id) ?? [])
            .toSorted((a, b) => a.record.requestedAt.localeCompare(b.record.requestedAt)),
        ),
      remove: (id) =>
        link.call(`remove ${id}`, () => {
          judge.tell(`${writer} removes ${id}`);
          entries.delete(id);
        }),
      claim: (lock, id) =>
        link.call(`claim ${lock}`, () => {
          const holder = locks.get(lock) ?? id;
          locks.set(lock, holder);
          judge.tell(`${writer} claims ${lock} for ${id}: ${holder} has it`);
          return holder;
        }),
      release: (lock, id) =>
        link.call(`release ${lock}`, () => {
          if (locks.get(lock) !== id) return;
          judge.tell(`${writer} releases ${lock} of ${id}`);
          locks.delete(lock);
        }),
    }),
  };
}

/** What was kept once stays: a record only grows, and an ended one not even that. */
function compare(judge: Judge, before: RunRecord, after: RunRecord): void {
  const { id } = before;
  if (hasEnded(before.state)) {
    if (!isDeepStrictEqual(before, after)) judge.broke("end changed", `${brief(before)} became ${brief(after)}`);
    return;
  }
  if (before.cancel !== undefined && !isDeepStrictEqual(before.cancel, after.cancel)) {
    judge.broke("record rewritten", `the cancel of ${id}`);
  }
  for (const [at, was] of before.checkpoints.entries()) {
    const is = after.checkpoints[at];
    if (is === undefined || !isContinued(was, is)) judge.broke("record rewritten", `${id} ${was.name}`);
    if (was.kind !== "approval" || is?.kind !== "approval") continue;
    if (was.outcome !== undefined && !isDeepStrictEqual(was.outcome, is.outcome)) {
      judge.broke("outcome changed", `${id}: ${was.outcome.state} became ${is.outcome?.state ?? "open"}`);
    }
    if (!isDeepStrictEqual(was.votes, is.votes.slice(0, was.votes.length))) {
      judge.broke("vote lost", `${id}: ${JSON.stringify(was.votes)} became ${JSON.stringify(is.votes)}`);
    }
  }
}

function isContinued(was: Checkpoint, is: Checkpoint): boolean {
  if (was.kind === "approval") {
    const fixed = ({ votes: _, outcome: __, ...rest }: typeof was) => rest;
    return is.kind === "approval" && isDeepStrictEqual(fixed(was), fixed(is));
  }
  if (was.kind === "sleep" || was.doneAt !== undefined) return isDeepStrictEqual(was, is);
  return is.kind === "step" && is.name === was.name && is.attempts >= was.attempts;
}

function brief({ id, state, owner, cancel, checkpoints, failure }: RunRecord): string {
  const last = checkpoints.at(-1);
  const detail =
    last?.kind === "step"
      ? `attempt ${last.attempts}${last.doneAt === undefined ? "" : last.failure === undefined ? " done" : " failed"}`
      : last?.kind === "approval"
        ? `${last.votes.map(({ person, choice }) => `${person} ${choice}`).join(", ")} ${last.outcome?.state ?? "open"}`
        : "";
  const who = owner === undefined ? "nobody's" : `${owner.process}'s beat ${owner.beat}`;
  const more = `${cancel === undefined ? "" : ", to cancel"}${failure === undefined ? "" : `, ${failure.message}`}`;
  return `${id} ${state}, ${who}, ${last?.name ?? "nothing yet"} ${detail}${more}`;
}
