import type { AuditContents, AuditEntry } from "../audit/entry.ts";
import { hasEnded, type RunRecord } from "../runbooks/durable/record.ts";

type Contents = Omit<AuditContents, "at">;

/**
 * What the runs' records tell and the audit log does not: a process that is killed between the two writes leaves that, and one that is
 * alive for a moment. Each says when it happened; its own time is that of now.
 */
export function auditGaps(records: readonly RunRecord[], entries: readonly AuditEntry[]): readonly Contents[] {
  const known = new Set(entries.map(nameOf));
  return records
    .flatMap(told)
    .filter(({ contents }) => !known.has(nameOf(contents)))
    .map(({ at, contents }) => ({
      ...contents,
      reason: `happened at ${at}; its process died before it was written down`,
    }));
}

export interface GapFillerDeps {
  /** What is missing now; undefined when not every process's entries can be read. */
  look(): Promise<readonly Contents[] | undefined>;
  write(contents: Contents): void;
  readonly now: () => number;
}

/** Longer than a process that is alive takes from a run's record to its entry in the store. */
const apartMs = 5_000;

/**
 * Writes down what processes that died before this one began did not come to. Called again and again; only what was missing at the first
 * look and still is at the second one is written, because it may be on its way from another process.
 */
export function createGapFiller({ look, write, now }: GapFillerDeps): () => Promise<void> {
  let first: { readonly at: number; readonly missing: ReadonlySet<string> } | undefined;
  let done = false;
  return async () => {
    if (done || (first !== undefined && now() - first.at < apartMs)) return;
    const gaps = await look();
    if (gaps === undefined) return;
    if (first === undefined) {
      first = { at: now(), missing: new Set(gaps.map(nameOf)) };
      return;
    }
    const { missing } = first;
    for (const gap of gaps) if (missing.has(nameOf(gap))) write(gap);
    done = true;
  };
}

function nameOf({ run, action, actor }: Pick<Contents, "run" | "action" | "actor">): string {
  return `${run} ${action} ${actor.person}`;
}

function told(record: RunRecord): readonly { readonly at: string; readonly contents: Contents }[] {
  const { id: run, runbook, lock, checkpoints, state, endedAt } = record;
  const about = { run, runbook, ...(lock === undefined ? {} : { target: lock }) };
  const votes = checkpoints.flatMap((one) =>
    one.kind !== "approval"
      ? []
      : one.votes.map(({ person, choice, at }) => ({
          at,
          contents: {
            actor: { person, via: "slack" as const, identity: person },
            action: `approval.${choice}`,
            digest: one.digest,
            ...about,
          },
        })),
  );
  if (!hasEnded(state) || endedAt === undefined) return votes;
  const actor = { person: "dfbot", via: "system" as const, identity: "dfbot" };
  return [...votes, { at: endedAt, contents: { actor, action: `run.${state}`, ...about } }];
}
