import type { ChangeRunbook } from "./durable/definition.ts";
import { executeRun } from "./durable/execute.ts";
import {
  type ApprovalCheckpoint,
  type ApprovalOutcome,
  hasEnded,
  newRun,
  type RunRecord,
  runRecordSchema,
} from "./durable/record.ts";

/** For tests of runbooks: runs one to its end with a clock, people and crashes made by the test. */
export interface TestKit {
  /** Time goes on only here and while the run sleeps or waits between attempts. */
  now(): Date;
  advance(ms: number): void;
  /**
   * Marks a moment at which the process may die, by the name of what just happened or is about to. Every save of the record
   * has two, before and after; mark those of your own effects in your fakes, the same way.
   */
  boundary(name: string): void;
  /** Runs to the end, restarting after every crash, deciding by `decide`, sleeping by moving the clock. */
  run(params?: Readonly<Record<string, unknown>>): Promise<TestRun>;
}

export interface TestRun {
  readonly record: RunRecord;
  /** Every boundary passed, in order: crash at each of them in turn. */
  readonly boundaries: readonly string[];
  /** How often a process was started for it. */
  readonly processes: number;
}

export interface TestKitOptions {
  readonly runbooks: readonly ChangeRunbook[];
  /** Dies at the boundaries with these numbers, counted from 0 over the whole run. */
  readonly crashAt?: readonly number[];
  /** What people say to a plan; default: approved. Undefined: nobody says anything, and an hour later it has expired. */
  readonly decide?: (asked: ApprovalCheckpoint) => Pick<ApprovalOutcome, "state" | "by"> | undefined;
  /** Called between passes with the record as it is kept; what it returns is kept instead. */
  readonly meanwhile?: (record: RunRecord) => RunRecord;
  /** Asked when the run has failed: the record to go on with, as `rerunFrom` gives it; undefined: it stays failed. */
  readonly rerun?: (record: RunRecord) => RunRecord | undefined;
  /** Other runbooks from the second process on: a new version was rolled out. */
  readonly upgradeTo?: readonly ChangeRunbook[];
}

/** A process that was killed: nothing it does afterwards counts. */
class Killed extends Error {}

const tooManyProcesses = 200;

export function createTestKit(options: TestKitOptions): TestKit {
  const crashAt = new Set(options.crashAt);
  let clock = Date.parse("2026-01-02T12:00:00Z");
  let boundaries: string[] = [];
  let dead = false;

  const now = () => new Date(clock);
  const boundary = (name: string) => {
    if (dead) throw new Killed();
    boundaries.push(name);
    if (!crashAt.has(boundaries.length - 1)) return;
    dead = true;
    throw new Killed();
  };

  const run = async (params: Readonly<Record<string, unknown>> = {}): Promise<TestRun> => {
    const [first] = options.runbooks;
    if (first === undefined) throw new Error("the test kit needs a runbook");
    boundaries = [];
    const requester = { surface: "cli" as const, id: "tester" };
    const { id: runbook, version } = first;
    let kept = JSON.stringify(newRun({ id: "run-1", runbook, version, params: { ...params }, requester }, now()));
    const read = () => runRecordSchema.parse(JSON.parse(kept));
    const save = async (record: RunRecord) => {
      const what = record.checkpoints.at(-1)?.name ?? "start";
      boundary(`before ${record.state} ${what}`);
      const { cancel } = read();
      kept = JSON.stringify(runRecordSchema.parse(cancel === undefined ? record : { ...record, cancel }));
      boundary(`after ${record.state} ${what}`);
      return read();
    };
    for (let processes = 1; processes < tooManyProcesses; processes++) {
      dead = false;
      const runbooks = processes > 1 ? (options.upgradeTo ?? options.runbooks) : options.runbooks;
      const pause = async (ms: number) => {
        clock += ms;
      };
      const signal = new AbortController().signal;
      const approvalLifeMs = () => 3_600_000;
      await executeRun(read(), runbooks, { save, now, pause, signal, approvalLifeMs }).catch((error: unknown) => {
        if (!dead) throw error;
      });
      dead = false;
      const before = options.meanwhile?.(read()) ?? read();
      kept = JSON.stringify(before);
      const again = before.state === "failed" ? options.rerun?.(before) : undefined;
      if (again !== undefined) kept = JSON.stringify(again);
      else if (hasEnded(before.state)) return { record: before, boundaries, processes };
      if (before.state === "sleeping") clock = Math.max(clock, Date.parse(before.wakeAt ?? now().toISOString()));
      if (before.state === "waiting") kept = JSON.stringify(decided(before));
    }
    throw new Error(`the run did not end in ${tooManyProcesses} processes`);
  };

  const decided = (record: RunRecord): RunRecord => ({
    ...record,
    checkpoints: record.checkpoints.map((checkpoint) => {
      if (checkpoint.kind !== "approval" || checkpoint.outcome !== undefined) return checkpoint;
      const decision =
        options.decide === undefined ? { state: "approved" as const, by: ["approver"] } : options.decide(checkpoint);
      if (decision === undefined) clock += 3_600_000;
      const outcome = { ...(decision ?? { state: "expired" as const, by: [] }), at: now().toISOString(), reason: "" };
      return { ...checkpoint, outcome };
    }),
  });

  return {
    now,
    advance: (ms) => {
      clock += ms;
    },
    boundary,
    run,
  };
}
