import { explain } from "../../errors.ts";
import { attention, type Finding, type Report, type Verdict } from "../../reports/model.ts";

/** One thing that is otherwise than in the round before. */
export interface Change {
  /** When the round that saw it began, ISO 8601. */
  readonly at: string;
  readonly now: Verdict | "gone";
  /** Undefined: it was not there, or nothing was known yet. */
  readonly before: Verdict | undefined;
  /** One line of outside text. */
  readonly what: string;
}

/** What a watch has seen so far. */
export interface Seen {
  /** The last round that was made; undefined: none yet. */
  readonly report: Report | undefined;
  /** Why the newest round could not be made; undefined: it was. */
  readonly failure: string | undefined;
  readonly rounds: number;
  /** When the newest round began, ISO 8601. */
  readonly at: string | undefined;
  /** The newest, oldest first. */
  readonly changes: readonly Change[];
  /** How many came before those. */
  readonly forgotten: number;
}

export const nothingSeen: Seen = {
  report: undefined,
  failure: undefined,
  rounds: 0,
  at: undefined,
  changes: [],
  forgotten: 0,
};

/** A watch may go on for days. */
const keep = 500;

/** What is known of the whole: a round that could not be made says nothing about now. */
export function verdictNow({ report, failure }: Seen): Verdict | undefined {
  return failure === undefined ? report?.verdict : "unknown";
}

/** After a round that was made. Compared is with the last one that was, so nothing that happened in between is lost. */
export function seenReport(before: Seen, report: Report): Seen {
  const at = report.startedAt;
  const whole = verdictNow(before);
  const changes: readonly Change[] = [
    ...(whole === report.verdict ? [] : [{ at, now: report.verdict, before: whole, what: report.summary }]),
    ...changesOfFindings(before.report?.findings ?? [], report.findings, at),
  ];
  return added({ ...before, report, failure: undefined, at }, changes);
}

/** After a round that could not be made. Said once, as long as the reason stays. */
export function seenFailure(before: Seen, error: unknown, at: string): Seen {
  const failure = explain(error);
  const what = `This round could not be made: ${failure}`;
  const changes: readonly Change[] =
    before.failure === failure ? [] : [{ at, now: "unknown", before: verdictNow(before), what }];
  return added({ ...before, failure, at }, changes);
}

function added(seen: Seen, changes: readonly Change[]): Seen {
  const all = [...seen.changes, ...changes];
  const over = Math.max(0, all.length - keep);
  return { ...seen, rounds: seen.rounds + 1, changes: all.slice(over), forgotten: seen.forgotten + over };
}

/**
 * The worst first. One that was not there is news when it does not hold, and one that is gone when it did not: in a rollout pods come
 * and go, and what is said of them with them.
 */
function changesOfFindings(before: readonly Finding[], now: readonly Finding[], at: string): readonly Change[] {
  const was = new Map(before.map(({ id, verdict }) => [id, verdict]));
  const is = new Set(now.map(({ id }) => id));
  const different = now.filter(({ id, verdict }) => (was.get(id) ?? "ok") !== verdict);
  const change = ({ id, verdict, title }: Finding): Change => ({
    at,
    now: verdict,
    before: was.get(id),
    what: `${id}: ${title}`,
  });
  return [
    ...attention({ findings: different }).map(change),
    ...different.filter(({ verdict }) => verdict === "ok").map(change),
    ...attention({ findings: before.filter(({ id }) => !is.has(id)) }).map(
      ({ id, verdict, title }): Change => ({ at, now: "gone", before: verdict, what: `${id}: ${title}` }),
    ),
  ];
}
