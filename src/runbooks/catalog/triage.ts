import { z } from "zod";
import { attention, worstVerdict } from "../../reports/model.ts";
import { defineRunbook } from "../define.ts";
import { assessInstance } from "../instance/assess.ts";
import { finding } from "../instance/findings.ts";
import { serverTable } from "../instance/tables.ts";
import { instanceParameter, resolveInstance } from "../instance/target.ts";
import { assessEvidence } from "../triage/assess-evidence.ts";
import { likelyCause } from "../triage/causes.ts";
import { chartsFor } from "../triage/charts.ts";
import { gatherEvidence } from "../triage/gather.ts";

/** Reads the instance that an alert is about, and says what most likely causes it, with what shows that and what to do next. */
export const triage = defineRunbook({
  id: "triage",
  title: "Triage of an alert",
  description: "The most likely cause of an alert, with what shows it and the next step",
  params: z.strictObject({
    alert: z
      .string()
      .regex(/^\w{1,100}$/, "must be an alert's name")
      .describe("Name of the alert"),
    instance: instanceParameter,
    since: z.iso.datetime().optional().describe("When the alert began to fire"),
  }),
  positional: ["alert", "instance"],
  effect: "read",
  async run(context) {
    const { alert, since } = context.params;
    const instance = await resolveInstance(context.params.instance, context);
    const [{ seen, findings: state }, gathered, charts] = await Promise.all([
      assessInstance(context),
      gatherEvidence(context, instance, alert),
      chartsFor(context, instance, alert, since),
    ]);
    const findings = [...state, ...assessEvidence(gathered, seen, instance, context.config, context.now())];
    const found = likelyCause(alert, findings);
    const others = attention({ findings }).filter((one) => !found?.shown.includes(one));
    const unread = findings.filter(({ verdict }) => verdict === "unknown").length;
    const missing = unread === 0 ? "" : `; ${unread} checks could not be made`;
    if (found === undefined) {
      const ok = findings.filter(({ verdict }) => verdict === "ok");
      const sections = [...new Set(ok.map(({ section }) => section))].join(", ");
      const title = `Nothing that was read explains ${alert}${missing}. Ruled out: ${sections === "" ? "nothing" : sections}`;
      return { summary: title, findings: [...others, ...ok], tables: [serverTable(seen)], charts };
    }
    const sentence = found.cause.sentence(found.shown);
    const cause = finding({
      id: `cause.${found.cause.id}`,
      section: "Cause",
      verdict: worstVerdict(found.shown.map(({ verdict }) => verdict)),
      title: sentence,
      next: found.cause.next?.(found.shown) ?? [],
    });
    return {
      summary: `Most likely: ${sentence}${missing}`,
      findings: [cause, ...found.shown, ...others],
      tables: [serverTable(seen)],
      charts,
    };
  },
});
