import { hasEnded } from "../../../src/runbooks/durable/record.ts";
import type { Judge } from "./judge.ts";
import type { Ledger } from "./ledger.ts";
import { nameOf, type Params } from "./program.ts";

/** What the runs change. It does everything it is asked for, twice if need be, and the judge looks at it. */
export interface Effects {
  find(key: string): string | undefined;
  apply(key: string, run: string, at: number): string;
  count(key: string): number;
}

export function keyOf(run: string, at: number): string {
  return `${run}/${at}`;
}

export function createEffects(judge: Judge, ledger: () => Ledger): Effects {
  const counts = new Map<string, number>();
  /** Runs that have changed something, by their lock. */
  const changers = new Map<string, Set<string>>();

  const look = (run: string, at: number) => {
    const record = ledger().read(run);
    if (record === undefined)
      return judge.broke("refused run left something", `effect ${at} of ${run}, which is not kept`);
    if (hasEnded(record.state)) judge.broke("effect after the end", `effect ${at} of ${run}, ${record.state}`);
    const { program } = record.params as Params;
    for (const [n, op] of program.slice(0, at).entries()) {
      if (op.kind !== "approve") continue;
      const asked = record.checkpoints[n];
      const isApproved = asked?.kind === "approval" && asked.outcome?.state === "approved";
      if (!isApproved) judge.broke("effect not approved", `effect ${at} of ${run}`);
    }
    const cancelledAt = ledger().cancelledAt(run);
    const begunAt = ledger().begunAt(run, nameOf({ kind: "effect", retries: 0 }, at));
    if (cancelledAt !== undefined && begunAt !== undefined && begunAt > cancelledAt) {
      judge.broke("effect after a cancel", `effect ${at} of ${run} was begun ${begunAt - cancelledAt} ms after it`);
    }
    if (record.lock === undefined) return;
    const others = changers.get(record.lock) ?? new Set();
    changers.set(record.lock, others.add(run));
    for (const other of others) {
      const its = ledger().read(other);
      if (other !== run && its !== undefined && !hasEnded(its.state)) {
        judge.broke("locks overlap", `${run} changes ${record.lock} while ${other} is at work on it`);
      }
    }
  };

  return {
    find: (key) => (counts.has(key) ? `found ${key}` : undefined),
    apply: (key, run, at) => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      judge.tell(`effect ${key} happens, time ${count}`);
      if (count > 1) judge.broke("effect applied twice", key);
      look(run, at);
      return `did ${key}`;
    },
    count: (key) => counts.get(key) ?? 0,
  };
}
