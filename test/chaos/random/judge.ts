/** The rules that hold whatever happens, by the names that a broken one is reported with. */
export type Rule =
  | "effect applied twice"
  | "effect lost"
  | "effect not approved"
  | "effect after the end"
  | "effect after a cancel"
  | "locks overlap"
  | "end changed"
  | "outcome changed"
  | "record rewritten"
  | "decided by strangers"
  | "decided too late"
  | "rejection did not win"
  | "vote lost"
  | "accepted run lost"
  | "run not ended"
  | "refused run left something"
  | "failed without a reason"
  | "result changed"
  | "driver threw";

export interface Violation {
  readonly rule: Rule;
  readonly what: string;
  readonly atMs: number;
}

export interface Judge {
  broke(rule: Rule, what: string): void;
  /** For the reader of a failure: what happened, in its order. */
  tell(line: string): void;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
}

export function createJudge(now: () => number): Judge {
  const violations: Violation[] = [];
  const trace: string[] = [];
  const tell = (line: string) => trace.push(`${String(Math.round(now())).padStart(7)} ${line}`);
  return {
    violations,
    trace,
    tell,
    broke: (rule, what) => {
      violations.push({ rule, what, atMs: now() });
      tell(`BROKEN ${rule}: ${what}`);
    },
  };
}
