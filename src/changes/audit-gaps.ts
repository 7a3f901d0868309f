import type { AuditContents, AuditEntry } from "../audit/entry.ts";
import { hasEnded, type RunRecord } from "../runbooks/durable/record.ts";

type Contents = Omit<AuditContents, "at">;

/**
 * What the runs' records tell and the audit log does not: a process that is killed between the two writes leaves that. Only what
 * is older than `before`, because somebody may just be writing it down. Each says when it happened; its own time is that of now.
 */
export function auditGaps(
  records: readonly RunRecord[],
  entries: readonly AuditEntry[],
  before: Date,
): readonly Contents[] {
  const known = new Set(entries.map(({ run, action, actor }) => `${run} ${action} ${actor.person}`));
  return records.flatMap((record) =>
    told(record).flatMap(({ at, contents }) =>
      Date.parse(at) >= before.getTime() || known.has(`${record.id} ${contents.action} ${contents.actor.person}`)
        ? []
        : [{ ...contents, reason: `happened at ${at}; its process died before it was written down` }],
    ),
  );
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
