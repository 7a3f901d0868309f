import type { Report } from "./model.ts";

/** Every diff of a report that shows a plan, in its order; empty when there is none. */
export function diffOf(report: Pick<Report, "findings">): string {
  const outputs = report.findings.flatMap(({ evidence }) =>
    evidence.filter(({ command }) => isDiff(command)).map(({ output }) => output.trimEnd()),
  );
  // The same diff may be the evidence of several checks.
  return [...new Set(outputs)].filter((output) => output !== "").join("\n");
}

function isDiff(command: string): boolean {
  return /^git diff\b/.test(command);
}

/** The report without its diffs, for whoever shows those by themselves. */
export function withoutDiffs<Of extends Report>(report: Of): Of {
  const findings = report.findings.map((finding) => ({
    ...finding,
    evidence: finding.evidence.filter(({ command }) => !isDiff(command)),
  }));
  return { ...report, findings };
}
