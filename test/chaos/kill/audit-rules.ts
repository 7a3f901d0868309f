import type { Sandbox } from "../../../sandbox/sandbox.ts";
import { verifyChain } from "../../../src/audit/chain.ts";
import type { AuditEntry } from "../../../src/audit/entry.ts";
import { readAuditJournal } from "../../../src/journal/audit-journal.ts";
import type { RunRecord } from "../../../src/runbooks/durable/record.ts";

/** Of every run that was approved by one person and ended well, whatever died meanwhile. */
const once = ["approval.approve", "run.succeeded"];

/** Whether everything is there that a killed process may have left to the next one. */
export function isWrittenDown(sandbox: Sandbox, run: RunRecord | undefined): boolean {
  const entries = entriesOf(sandbox);
  return once.every((action) => count(entries, run, action) > 0);
}

/** What is not as it must be in the audit log. The run was asked for `requests` times at most, which is written down before it is accepted. */
export function auditProblems(sandbox: Sandbox, run: RunRecord | undefined, requests: number): readonly string[] {
  const entries = entriesOf(sandbox);
  const problems = verifyChain(entries).problems.map((problem) => `audit log: ${problem}`);
  for (const action of ["run.requested", ...once]) {
    const found = count(entries, run, action);
    const most = action === "run.requested" ? requests : 1;
    if (found < 1 || found > most) problems.push(`the audit log has ${action} ${found} times`);
  }
  const done = (name: string) =>
    entries.some(({ run: id, action, effect }) => id === run?.id && effect === name && /\.(done|found)$/.test(action));
  for (const one of run?.checkpoints ?? []) {
    if (one.kind === "step" && one.effect === true && one.failure === undefined && !done(one.name))
      problems.push(`the audit log does not have that "${one.name}" was done`);
  }
  return problems;
}

function entriesOf({ world }: Sandbox): readonly AuditEntry[] {
  return readAuditJournal(world.env()["DATA_DIR"] ?? "");
}

function count(entries: readonly AuditEntry[], run: RunRecord | undefined, action: string): number {
  return entries.filter((entry) => entry.run === run?.id && entry.action === action).length;
}
