import type { Evidence, Finding, Report, ReportTable } from "../model.ts";
import { clean } from "./clean.ts";

/** A report as evidence for an audit or a merge request: nothing folded away, every finding with what proves it. */
export function markdownReport(report: Report): string {
  const parts = [
    `# ${inline(report.runbook)}: ${report.verdict}`,
    inline(report.summary),
    `Started ${report.startedAt}, took ${report.durationMs} ms, run \`${inline(report.runId)}\`, parameters ${code(JSON.stringify(report.params))}.`,
    "| verdict | id | finding |\n|---|---|---|\n" +
      report.findings
        .map((finding) => `| ${finding.verdict} | ${inline(finding.id)} | ${inline(finding.title)} |`)
        .join("\n"),
    ...report.tables.map(tableText),
    "## Evidence",
    ...report.findings.map(findingText),
  ];
  return `${parts.join("\n\n")}\n`;
}

function findingText(finding: Finding): string {
  const parts = [
    `### ${inline(finding.id)}: ${finding.verdict}`,
    inline(finding.title),
    ...(finding.detail === "" ? [] : [inline(finding.detail)]),
    ...finding.evidence.map(evidenceText),
  ];
  return parts.join("\n\n");
}

function evidenceText({ command, output, at }: Evidence): string {
  const body = clean(`$ ${command}\n${output}`);
  const fence = "`".repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}text\n${body}\n${fence}\n\nRead at ${at}.`;
}

function tableText(table: ReportTable): string {
  const row = (cells: readonly string[]) => `| ${cells.map(inline).join(" | ")} |`;
  const rule = `|${table.columns.map(({ align }) => (align === "right" ? "---:" : "---")).join("|")}|`;
  return [
    `## ${inline(table.title)}`,
    "",
    row(table.columns.map(({ title }) => title)),
    rule,
    ...table.rows.map(row),
  ].join("\n");
}

/** Outside text in running Markdown: one line, with everything escaped that could mean something. */
function inline(text: string): string {
  return clean(text)
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[\\`*_[\]<>|#~&!]/g, "\\$&");
}

function code(text: string): string {
  const body = clean(text).replaceAll("\n", " ");
  const fence = "`".repeat(longestRun(body) + 1);
  return `${fence} ${body} ${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
