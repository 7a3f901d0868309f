import { chartTable } from "../chart-table.ts";
import { type AuditSeal, attention, type Evidence, type Finding, type Report, type ReportTable } from "../model.ts";
import { clean, oneLine } from "./clean.ts";

/**
 * A report as evidence for an audit or a merge request: every finding with what proves it. What is not ok comes first, and of the
 * evidence only what proves that all is well is folded, where the forge folds.
 */
export function markdownReport(report: Report): string {
  const facts = [
    ["Verdict", report.verdict],
    ["Started", code(report.startedAt)],
    ["Took", `${report.durationMs} ms`],
    ...(report.askedBy === undefined ? [] : [["Asked by", code(report.askedBy)]]),
    ...(report.madeBy === undefined ? [] : [["Made by", code(report.madeBy)]]),
    ["Run", code(report.runId)],
    ["Parameters", code(JSON.stringify(report.params))],
  ];
  const parts = [
    `# ${inline(report.runbook)}: ${report.verdict}`,
    inline(report.summary),
    facts.map(([name, value]) => `- ${name}: ${value}`).join("\n"),
    "## Findings",
    findingsTable(report.findings),
    ...[...report.tables, ...report.charts.map(chartTable)].filter(({ rows }) => rows.length > 0).map(tableText),
    ...(report.auditSeal === undefined ? [] : sealText(report.auditSeal)),
    ...(report.findings.length === 0 ? [] : ["## Evidence", ...bySection(report.findings)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function findingsTable(findings: readonly Finding[]): string {
  if (findings.length === 0) return "There are none.";
  const inOrder = [...attention({ findings }), ...findings.filter(({ verdict }) => verdict === "ok")];
  const rows = inOrder.map(({ verdict, id, title }) => `| ${verdict} | ${inline(id)} | ${inline(title)} |`);
  return ["| verdict | id | finding |", "|---|---|---|", ...rows].join("\n");
}

/** A heading for each section, in the order in which they first come up. */
function bySection(findings: readonly Finding[]): readonly string[] {
  const sections = new Set(findings.map(({ section }) => section));
  return [...sections].flatMap((section) => {
    const own = findings.filter((finding) => finding.section === section);
    const trouble = own.filter(({ verdict }) => verdict !== "ok").length;
    const words = trouble === 0 ? `${own.length} ok` : `${own.length}, of which ${trouble} not ok`;
    return [
      `### ${inline(section)}`,
      // Nothing of outside between these tags: Markdown's escapes do not hold there.
      `<details${trouble === 0 ? "" : " open"}><summary>${words}</summary>`,
      ...own.map(findingText),
      "</details>",
    ];
  });
}

function findingText(finding: Finding): string {
  const detail = inline(finding.detail);
  const parts = [
    `#### ${inline(finding.id)}: ${finding.verdict}`,
    inline(finding.title),
    ...(detail === "" ? [] : [detail]),
    ...(finding.evidence.length === 0 ? ["No evidence was taken."] : finding.evidence.map(evidenceText)),
    ...finding.next.map(
      ({ label, runbook, params }) => `Next: ${inline(label)}, ${code(`${runbook} ${JSON.stringify(params)}`)}`,
    ),
  ];
  return parts.join("\n\n");
}

/** The fence is longer than any run of backticks inside, so that nothing in the output can close it. */
function evidenceText({ command, output, at }: Evidence): string {
  const body = clean(`$ ${command}\n${output}`);
  const fence = "`".repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}text\n${body}\n${fence}\n\nRead at ${code(at)}.`;
}

/** How to prove later that the log is still the one of this report. */
function sealText({ log, heads, missing }: AuditSeal): readonly string[] {
  const check = `dfbot audit verify${heads.map(({ hash }) => ` --head ${hash}`).join("")}`;
  return [
    "## Audit log",
    `The newest entry of each chain when this report was made, from ${inline(log)}. Each hash stands for all entries before it.`,
    ...(missing === undefined ? [] : [`**Not whole**: ${inline(missing)}`]),
    ...(heads.length === 0
      ? [missing === undefined ? "It has no entries yet." : "Nothing of it could be read."]
      : [
          [
            "| writer | entries | newest | SHA-256 |",
            "|---|---:|---|---|",
            ...heads.map(
              ({ writer, entries, at, hash }) =>
                `| ${[inline(writer), String(entries), code(at), code(hash)].join(" | ")} |`,
            ),
          ].join("\n"),
          `That nothing was changed, taken out or cut off since, this proves where the log is (${code("DATA_DIR")} of that replica): ${code(check)}`,
        ]),
  ];
}

function tableText(table: ReportTable): string {
  const row = (cells: readonly string[]) => `| ${cells.map(inline).join(" | ")} |`;
  const rule = `|${table.columns.map(({ align }) => (align === "right" ? "---:" : "---")).join("|")}|`;
  const header = row(table.columns.map(({ title }) => title));
  return [`## ${inline(table.title)}`, "", header, rule, ...table.rows.map(row)].join("\n");
}

/**
 * Outside text in running Markdown: one line, with everything escaped that could mean something there, and what would
 * notify somebody (`@`) or, at the start of a line, begin a list or be a command to the forge (`/merge`).
 */
function inline(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]<>|#~&!@$]/g, "\\$&")
    .replace(/^[-+/=]/, "\\$&")
    .replace(/^(\d+)([.)])/, "$1\\$2");
}

function code(text: string): string {
  const body = oneLine(text);
  const fence = "`".repeat(longestRun(body) + 1);
  const space = /^`|`$/.test(body) ? " " : "";
  // An empty code span does not exist in Markdown.
  return body === "" ? "–" : `${fence}${space}${body}${space}${fence}`;
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
