import { create } from "xmlbuilder2";
import type { Finding, Report, Verdict } from "../model.ts";
import { clean, oneLine } from "./clean.ts";

/**
 * A report for a CI system: a finding is a test case. `fail` is a failure and `unknown` an error, because a check that
 * could not be made has not passed; JUnit knows no warning, so `warn` passes with its text in system-out.
 * Source: https://github.com/testmoapp/junitxml
 */
export function junitReport(report: Report): string {
  const document = create({ version: "1.0", encoding: "UTF-8" });
  const totals = {
    name: attribute(report.runbook),
    tests: report.findings.length,
    failures: count(report, "fail"),
    errors: count(report, "unknown"),
    time: report.durationMs / 1_000,
  };
  const suite = document
    .ele("testsuites", totals)
    .ele("testsuite", { ...totals, timestamp: attribute(report.startedAt) });
  suite.ele("properties").ele("property", { name: "runId", value: attribute(report.runId) });
  for (const finding of report.findings) {
    const test = suite.ele("testcase", {
      classname: `${attribute(report.runbook)}.${attribute(finding.section)}`,
      name: attribute(finding.id),
    });
    const { element, attributes } = outcome(finding);
    test.ele(element, attributes).txt(describe(finding));
  }
  return `${document.end({ prettyPrint: true })}\n`;
}

function count(report: Report, verdict: Verdict): number {
  return report.findings.filter((finding) => finding.verdict === verdict).length;
}

function outcome(finding: Finding): { readonly element: string; readonly attributes: Record<string, string> } {
  const attributes = { message: attribute(finding.title), type: finding.verdict };
  if (finding.verdict === "fail") return { element: "failure", attributes };
  if (finding.verdict === "unknown") return { element: "error", attributes };
  return { element: "system-out", attributes: {} };
}

function describe(finding: Finding): string {
  const title = finding.verdict === "warn" ? `Warning: ${finding.title}` : finding.title;
  const evidence = finding.evidence.map(({ command, output, at }) => `$ ${command}\n${output}\n(${at})`);
  return literal(clean([title, finding.detail, ...evidence].filter((part) => part !== "").join("\n")));
}

function attribute(text: string): string {
  return literal(oneLine(text));
}

/** The XML writer leaves alone what looks like an entity, so a text that holds `&#0;` would make the file malformed. */
function literal(text: string): string {
  return text.replaceAll("&", "&amp;");
}
