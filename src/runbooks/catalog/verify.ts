import { z } from "zod";
import { attention, type Finding, type ReportTable } from "../../reports/model.ts";
import { defineRunbook } from "../define.ts";
import { instanceParameter, resolveInstance } from "../instance/target.ts";
import { plural } from "../instance/units.ts";
import { assessVerification } from "../verify/assess.ts";
import { criteria } from "../verify/check.ts";
import { observeVerification } from "../verify/observe.ts";

/** Every acceptance criterion and hardening item as a named check, with what was expected, what was found and what proves it. */
export const verify = defineRunbook({
  id: "verify",
  title: "Verify the acceptance criteria",
  description: "Every acceptance criterion, hardening item and validation step as a named check, with evidence",
  params: z.strictObject({ instance: instanceParameter }),
  positional: ["instance"],
  effect: "read",
  async run(context) {
    const instance = await resolveInstance(context.params.instance, context);
    const seen = await observeVerification(context, instance);
    const findings = assessVerification(seen, instance, context.config, context.now());
    return {
      summary: summaryOf(`${instance.name} (${instance.cluster}/${instance.namespace})`, findings),
      findings,
      tables: [tableOf(findings)],
    };
  },
});

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
  return {
    title: "Criteria",
    columns: [
      { title: "Criterion", align: "left" },
      { title: "Holds", align: "right" },
      { title: "Failed", align: "right" },
      { title: "Unknown", align: "right" },
    ],
    rows: [
      ...Object.values(criteria).map((name) => [name, count(name, "ok"), count(name, "fail"), count(name, "unknown")]),
      ["AC 6: documents", "not checked at run time", "–", "–"],
    ],
  };
}
