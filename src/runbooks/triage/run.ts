import { attention, worstVerdict } from "../../reports/model.ts";
import type { Conclusion, RunContext } from "../definition.ts";
import { assessInstance } from "../instance/assess.ts";
import { finding } from "../instance/findings.ts";
import { serverTable } from "../instance/tables.ts";
import { resolveInstance } from "../instance/target.ts";
import { plural } from "../instance/units.ts";
import { assessEvidence } from "./assess-evidence.ts";
import { assessStarts } from "./assess-starts.ts";
import { likelyCause } from "./causes.ts";
import { chartsFor } from "./charts.ts";
import { gatherEvidence } from "./gather.ts";

export interface TriageParams {
  readonly alert: string;
  readonly instance?: string | undefined;
  readonly since?: string | undefined;
}

/** Reads the instance and what else may explain the alert, and weighs the causes. Rejects only when there is no such instance. */
export async function runTriage(context: RunContext<TriageParams>): Promise<Conclusion> {
  const { alert, since } = context.params;
  const instance = await resolveInstance(context.params.instance, context);
  const [{ seen, findings: state }, gathered, charts] = await Promise.all([
    assessInstance(context),
    gatherEvidence(context, instance, alert),
    chartsFor(context, instance, alert, since),
  ]);
  const now = context.now();
  const findings = [
    ...state,
    ...assessEvidence(gathered, seen, instance, context.config, now),
    ...assessStarts(seen, since, now),
  ];
  const found = likelyCause(alert, findings);
  const others = attention({ findings }).filter((one) => !found?.shown.includes(one));
  const unread = findings.filter(({ verdict }) => verdict === "unknown").length;
  const missing = unread === 0 ? "" : `; ${plural(unread, "check")} could not be made`;
  if (found === undefined) {
    const ok = findings.filter(({ verdict }) => verdict === "ok");
    const sections = [...new Set(ok.map(({ section }) => section))].join(", ");
    const title = `Nothing that was read explains ${alert}${missing}. Ruled out: ${sections === "" ? "nothing" : sections}`;
    return { summary: title, findings: [...others, ...ok], tables: [serverTable(seen)], charts };
  }
  const { shown, sentence } = found;
  const cause = finding({
    id: `cause.${found.cause.id}`,
    section: "Cause",
    verdict: worstVerdict(shown.map(({ verdict }) => verdict)),
    title: sentence,
    next: found.cause.next?.(shown) ?? [],
  });
  return {
    summary: `Most likely: ${sentence}${missing}`,
    findings: [cause, ...shown, ...others],
    tables: [serverTable(seen)],
    charts,
  };
}
