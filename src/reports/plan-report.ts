import type { Evidence, Report } from "./model.ts";

/** Every diff of a report that shows a plan, in its order; empty when there is none. */
export function diffOf(report: Pick<Report, "findings">): string {
  const outputs = report.findings.flatMap(({ evidence }) =>
    evidence.filter(isDiff).map(({ output }) => output.trimEnd()),
  );
  // The same diff may be the evidence of several checks.
  return [...new Set(outputs)].filter((output) => output !== "").join("\n");
}

/** Not the reason why there is none. */
function isDiff({ command, output }: Evidence): boolean {
  return /^git diff\b/.test(command) && /^(diff --git|---|@@) /m.test(output);
}

/** The report without its diffs, for whoever shows those by themselves. */
export function withoutDiffs<Of extends Report>(report: Of): Of {
  const findings = report.findings.map((finding) => ({
    ...finding,
    evidence: finding.evidence.filter((one) => !isDiff(one)),
  }));
  return { ...report, findings };
}
