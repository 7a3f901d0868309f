import type { Config } from "../../config/file.ts";
import type { LastVerification } from "../../platform/ports.ts";
import type { Verification, VerificationStore } from "../../records/verification.ts";
import { type Finding, type Report, type ReportTable, verdicts } from "../../reports/model.ts";

/** Which instance is meant by a parameter, in letters that an object's name may have: `dragonfly-system.dragonfly`. */
export function subjectOf(given: unknown, config: Config): string {
  const known = [config.shared, ...config.instances].find(
    ({ namespace, name }) => given === name || given === `${namespace}/${name}`,
  );
  const meant = given === undefined ? config.shared : known;
  return meant === undefined ? String(given).replace("/", ".") : `${meant.namespace}.${meant.name}`;
}

/** Keeps what a run came to, in place of the one before. When another process keeps one at the same time, that one stays. */
export async function keepVerification(report: Report, config: Config, store: VerificationStore): Promise<void> {
  const id = subjectOf(report.params["instance"], config);
  const record: Verification = {
    id,
    at: report.startedAt,
    runId: report.runId,
    verdicts: Object.fromEntries(report.findings.map((finding) => [finding.id, finding.verdict])),
  };
  const before = await store.get(id);
  await (before === undefined ? store.create(record) : store.update(before, record));
}

interface Change {
  readonly id: string;
  readonly before: string;
  readonly now: string;
  readonly worse: boolean;
}

/** What is otherwise than the last time; what got worse comes first. A check that was not there then counts only when it does not hold. */
function changesSince(last: LastVerification, findings: readonly Finding[]): readonly Change[] {
  const order: readonly string[] = verdicts;
  const rank = (verdict: string) => order.indexOf(verdict);
  const changes = findings.flatMap(({ id, verdict }): readonly Change[] => {
    const before = last.verdicts[id] ?? "ok";
    if (before === verdict) return [];
    return [{ id, before: last.verdicts[id] ?? "not there", now: verdict, worse: rank(verdict) > rank(before) }];
  });
  const gone = Object.entries(last.verdicts)
    .filter(([id]) => findings.every((finding) => finding.id !== id))
    .map(([id, before]): Change => ({ id, before, now: "not there", worse: true }));
  return [...changes, ...gone].toSorted((a, b) => Number(b.worse) - Number(a.worse));
}

/** How it compares with the last time: the end of a sentence, and a table where something is otherwise. */
export function compareWith(
  last: LastVerification,
  findings: readonly Finding[],
): { readonly words: string; readonly tables: readonly ReportTable[] } {
  const changes = changesSince(last, findings);
  const worse = changes.filter((change) => change.worse).length;
  const since = `on ${last.at.slice(0, 16).replace("T", " ")} UTC`;
  if (changes.length === 0) return { words: `; as ${since}`, tables: [] };
  const better = changes.length - worse;
  const parts = [...(worse > 0 ? [`${worse} worse`] : []), ...(better > 0 ? [`${better} better`] : [])];
  return {
    words: `; ${parts.join(" and ")} than ${since}`,
    tables: [
      {
        title: `Otherwise than ${since}`,
        columns: [
          { title: "Check", align: "left" },
          { title: "Then", align: "left" },
          { title: "Now", align: "left" },
        ],
        rows: changes.map(({ id, before, now }) => [id, before, now]),
      },
    ],
  };
}
