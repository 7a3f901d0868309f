import type { ScheduleNews, ScheduleRecord } from "../records/schedule.ts";
import type { Report } from "../reports/model.ts";
import { changesSince, changeWords, verdictsOf } from "../runbooks/last-result.ts";

/** How a scheduled run ended: with a report, or with the reason why there is none. */
export type Ending =
  | { readonly report: Report }
  | { readonly failure: { readonly code: string; readonly text: string }; readonly at: Date };

/**
 * The record after a run: with news to be told of, or done when there are none. Told is what changed against what people know, the
 * first run of all, that none could be made (once, not every night the same), and that they can be made again.
 */
export function conclude(record: ScheduleRecord, ending: Ending): ScheduleRecord {
  if ("failure" in ending) {
    const { failure, at } = ending;
    if (record.failing?.code === failure.code) return done(record);
    const mark = `${record.id}/${at.toISOString()}`;
    return { ...record, news: { due: record.due, kind: "failed", mark, words: "", failure } };
  }
  const { report } = ending;
  const { startedAt: at, runId, verdict, findings } = report;
  const ran = { ...record, ran: { at, runId, verdict } };
  const changes = record.known === undefined ? [] : changesSince(record.known, findings);
  const kind = kindOf(record, changes.length);
  if (kind === undefined) return done({ ...ran, known: knownOf(report) });
  return { ...ran, news: { due: record.due, kind, mark: runId, words: changeWords(changes), report: brief(report) } };
}

function kindOf({ known, failing }: ScheduleRecord, changes: number): ScheduleNews["kind"] | undefined {
  if (known === undefined) return "first";
  if (changes > 0) return "changed";
  return failing === undefined ? undefined : "again";
}

/** The record after its news were told: what was said is what people know. Done, unless it has become due again meanwhile. */
export function afterTelling(record: ScheduleRecord): ScheduleRecord {
  const { news, failing: _, ...rest } = record;
  if (news === undefined) return record;
  const { report, failure, due } = news;
  const after = {
    ...rest,
    ...(report === undefined ? {} : { known: knownOf(report) }),
    ...(failure === undefined ? {} : { failing: { code: failure.code, since: due } }),
  };
  return due < record.due ? after : done(after);
}

/** The record without news that could not be told before it was due again: the next run finds the same once more. */
export function withoutNews({ news: _, ...record }: ScheduleRecord): ScheduleRecord {
  return record;
}

function done({ by: _, news: __, ...record }: ScheduleRecord): ScheduleRecord {
  return record;
}

function knownOf({ startedAt, runId, findings }: Report): NonNullable<ScheduleRecord["known"]> {
  return { at: startedAt, runId, verdicts: verdictsOf(findings) };
}

/** A record is one object of the cluster; what proves that all is well is in Details. */
function brief(report: Report): Report {
  const findings = report.findings.map((one) => (one.verdict === "ok" ? { ...one, evidence: [] } : one));
  return { ...report, findings };
}
