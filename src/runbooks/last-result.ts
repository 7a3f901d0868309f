import type { Config } from "../config/file.ts";
import type { LastResult } from "../platform/ports.ts";
import { type Reading, read } from "../platform/reading.ts";
import type { KeptResult, ResultStore } from "../records/kept-result.ts";
import { type Finding, type Report, type ReportTable, type Verdict, verdicts } from "../reports/model.ts";
import type { RunContext } from "./definition.ts";

type Asked = Pick<Report, "runbook" | "params">;

/**
 * Under which id a run's result is kept and compared with the next one's, in letters that an object's name may have:
 * `verify.dragonfly-system.dragonfly`. Undefined for runs that are not: a way from one namespace is looked at for its own sake,
 * and a verification without probes is no whole one.
 */
export function resultId({ runbook, params }: Asked, config: Config): string | undefined {
  const whole = runbook === "connectivity" && params["matrix"] === true && params["cluster"] === undefined;
  const verified = runbook === "verify" && params["probes"] !== false;
  return verified || whole ? `${runbook}.${subjectOf(params["instance"], config)}` : undefined;
}

/** Which instance is meant by a parameter: `dragonfly-system.dragonfly`. */
function subjectOf(given: unknown, config: Config): string {
  const known = [config.shared, ...config.instances].find(
    ({ namespace, name }) => given === name || given === `${namespace}/${name}`,
  );
  const meant = given === undefined ? config.shared : known;
  return meant === undefined ? String(given).replace("/", ".") : `${meant.namespace}.${meant.name}`;
}

/** How each check was. Of a way the whole counts: its stages fail with it, and what is slow now and then is no change. */
export function verdictsOf(findings: readonly Finding[]): Readonly<Record<string, Verdict>> {
  const counted = findings.filter(({ id }) => !(id.startsWith("connectivity.") && id.split(".").length > 3));
  return Object.fromEntries(counted.map(({ id, verdict }) => [id, verdict]));
}

/** Keeps what a run came to, in place of the one before. When another process keeps one at the same time, that one stays. */
export async function keepResult(report: Report, config: Config, store: ResultStore): Promise<void> {
  const id = resultId(report, config);
  if (id === undefined) return;
  const { startedAt: at, runId, findings } = report;
  const record: KeptResult = { id, at, runId, verdicts: verdictsOf(findings) };
  const before = await store.get(id);
  await (before === undefined ? store.create(record) : store.update(before, record));
}

/** Not a check: whether it is as it was does not say whether it is as it should be. */
export function readLast(asked: Asked, context: RunContext<unknown>): Promise<Reading<LastResult | undefined>> {
  const { config, platform, signal } = context;
  const id = resultId(asked, config);
  const command = `kubectl -n ${config.home.namespace} get cm dfbot-result-${id} -o yaml`;
  return read({ command, timeoutMs: config.readTimeoutMs, signal }, async (inner) =>
    id === undefined ? undefined : await platform.lastResults.last(id, inner),
  );
}

export interface Change {
  readonly id: string;
  readonly before: string;
  readonly now: string;
  readonly worse: boolean;
}

/**
 * What is otherwise than the last time; what got worse comes first. A check that was not there then counts only when it does not
 * hold; that nothing can be said of one any more is never better.
 */
export function changesSince(last: Pick<LastResult, "verdicts">, findings: readonly Finding[]): readonly Change[] {
  const order: readonly string[] = verdicts;
  const rank = (verdict: string) => order.indexOf(verdict);
  const found = verdictsOf(findings);
  const changes = Object.entries(found).flatMap(([id, verdict]): readonly Change[] => {
    const before = last.verdicts[id] ?? "ok";
    if (before === verdict) return [];
    const worse = verdict === "unknown" || rank(verdict) > rank(before);
    return [{ id, before: last.verdicts[id] ?? "not there", now: verdict, worse }];
  });
  const gone = Object.entries(last.verdicts)
    .filter(([id]) => found[id] === undefined)
    .map(([id, before]): Change => ({ id, before, now: "not there", worse: true }));
  return [...changes, ...gone].toSorted((a, b) => Number(b.worse) - Number(a.worse));
}

/** "1 worse and 2 better". */
export function changeWords(changes: readonly Change[]): string {
  const worse = changes.filter((change) => change.worse).length;
  const better = changes.length - worse;
  return [...(worse > 0 ? [`${worse} worse`] : []), ...(better > 0 ? [`${better} better`] : [])].join(" and ");
}

/** How it compares with the last time: the end of a sentence, and a table where something is otherwise. */
export function compareWithLast(
  last: Reading<LastResult | undefined>,
  findings: readonly Finding[],
): { readonly words: string; readonly tables: readonly ReportTable[] } {
  if (!last.ok) return { words: "; not compared with the last run", tables: [] };
  if (last.value === undefined) return { words: "", tables: [] };
  const changes = changesSince(last.value, findings);
  const since = `on ${last.value.at.slice(0, 16).replace("T", " ")} UTC`;
  if (changes.length === 0) return { words: `; as ${since}`, tables: [] };
  return {
    words: `; ${changeWords(changes)} than ${since}`,
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
