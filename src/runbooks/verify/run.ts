import { attention, type Finding, type ReportTable } from "../../reports/model.ts";
import type { Conclusion, RunContext } from "../definition.ts";
import { resolveInstance } from "../instance/target.ts";
import { plural } from "../instance/units.ts";
import { compareWithLast, readLast } from "../last-result.ts";
import { assessVerification } from "./assess.ts";
import { readAuditSeal } from "./audit-seal.ts";
import { criteria } from "./check.ts";
import { observeVerification } from "./observe.ts";

export type VerifyParams = {
  readonly instance?: string | undefined;
  /** Whether it may also do what is gone again afterwards: pods that try connections, a test alert. */
  readonly probes: boolean;
};

/** Reads everything once and makes every check of it. Rejects only when there is no such instance. */
export async function runVerify(context: RunContext<VerifyParams>): Promise<Conclusion> {
  const instance = await resolveInstance(context.params.instance, context);
  const [seen, last, auditSeal] = await Promise.all([
    observeVerification(context, instance, context.params.probes),
    readLast({ runbook: "verify", params: context.params }, context),
    readAuditSeal(context),
  ]);
  const findings = assessVerification(seen, instance, context.config, context.now());
  const summary = summaryOf(`${instance.name} (${instance.cluster}/${instance.namespace})`, findings);
  const { words, tables } = compareWithLast(last, findings);
  return { summary: `${summary}${words}`, findings, tables: [...tables, tableOf(findings)], auditSeal };
}

function summaryOf(name: string, findings: readonly Finding[]): string {
  const [worst] = attention({ findings });
  const failed = findings.filter(({ verdict }) => verdict === "fail").length;
  const unknown = findings.filter(({ verdict }) => verdict === "unknown").length;
  const unsaid = unknown === 0 ? "" : `; ${plural(unknown, "check")} could not be made`;
  if (failed > 0 && worst !== undefined)
    return `${name}: ${failed} of ${plural(findings.length, "check")} failed, first ${worst.title}${unsaid}`;
  return `${name}: ${findings.length - unknown} of ${plural(findings.length, "check")} hold, none failed${unsaid}`;
}

function tableOf(findings: readonly Finding[]): ReportTable {
  const count = (section: string, verdict: Finding["verdict"]) =>
    String(findings.filter((one) => one.section === section && one.verdict === verdict).length);
  const counts = (name: string) => [name, count(name, "ok"), count(name, "fail"), count(name, "unknown")];
  const { hardening, drift, ...acceptance } = criteria;
  return {
    title: "Criteria",
    columns: [
      { title: "Criterion", align: "left" },
      { title: "Holds", align: "right" },
      { title: "Failed", align: "right" },
      { title: "Unknown", align: "right" },
    ],
    rows: [
      ...Object.values(acceptance).map(counts),
      ["AC 6: documents, not checked at run time", "–", "–", "–"],
      ...[hardening, drift].map(counts),
    ],
  };
}
