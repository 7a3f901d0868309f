import { create } from "xmlbuilder2";
import type { Finding, Report } from "../model.ts";
import { clean } from "./clean.ts";

/**
 * A report for a CI system: a finding is a test case. `fail` is a failure and `unknown` an error, because a check that
 * could not be made has not passed; JUnit knows no warning, so `warn` passes with its text in system-out.
 * Source: https://github.com/testmoapp/junitxml
 */
export function junitReport(report: Report): string {
  const count = (verdict: Finding["verdict"]) =>
    report.findings.filter((finding) => finding.verdict === verdict).length;
  const document = create({ version: "1.0", encoding: "UTF-8" });
  const suite = document.ele("testsuites").ele("testsuite", {
    name: clean(report.runbook),
    tests: report.findings.length,
    failures: count("fail"),
    errors: count("unknown"),
    timestamp: report.startedAt,
    time: report.durationMs / 1_000,
  });
  for (const finding of report.findings) {
    const test = suite.ele("testcase", {
      classname: `${clean(report.runbook)}.${clean(finding.section)}`,
      name: clean(finding.id),
    });
    test.ele(outcomes[finding.verdict]).txt(describe(finding));
  }
  return `${document.end({ prettyPrint: true })}\n`;
}

const outcomes = { ok: "system-out", warn: "system-out", unknown: "error", fail: "failure" } as const;

function describe(finding: Finding): string {
  const evidence = finding.evidence.map(({ command, output, at }) => `$ ${command}\n${output}\n(${at})`);
  return clean([finding.title, finding.detail, ...evidence].filter((part) => part !== "").join("\n"));
}
