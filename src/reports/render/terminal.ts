import { styleText } from "node:util";
import Table from "cli-table3";
import { attention, type Finding, type Report, type ReportTable, type Verdict } from "../model.ts";
import { clean } from "./clean.ts";

export interface TerminalOptions {
  readonly colour: boolean;
}

const words: Readonly<Record<Verdict, string>> = { ok: "ok", warn: "WARN", unknown: "UNKNOWN", fail: "FAIL" };
const colours = { ok: "green", warn: "yellow", unknown: "magenta", fail: "red" } as const;

/** A report for a person at a terminal: verdict, what needs attention with its evidence, the table, then everything short. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const paint = (verdict: Verdict, text: string) =>
    options.colour ? styleText(colours[verdict], text, { validateStream: false }) : text;
  const mark = (verdict: Verdict) => paint(verdict, words[verdict].padEnd(7));
  const troubles = attention(report);
  const lines = [
    `${paint(report.verdict, words[report.verdict].toUpperCase())}  ${oneLine(report.summary)}`,
    ...(troubles.length === 0 ? [] : ["", "Needs attention", ...troubles.flatMap((finding) => trouble(finding, mark))]),
    ...report.tables.flatMap((table) => ["", clean(table.title), tableText(table)]),
    ...[...Map.groupBy(report.findings, (finding) => finding.section)].flatMap(([section, findings]) => [
      "",
      clean(section),
      ...findings.map((finding) => `  ${mark(finding.verdict)} ${oneLine(finding.title)}`),
    ]),
    "",
    `${clean(report.runbook)}, read at ${report.startedAt} in ${(report.durationMs / 1_000).toFixed(1)} s, run ${clean(report.runId)}`,
  ];
  return `${lines.join("\n")}\n`;
}

function trouble(finding: Finding, mark: (verdict: Verdict) => string): readonly string[] {
  const indent = " ".repeat(10);
  return [
    `  ${mark(finding.verdict)} ${oneLine(finding.title)}`,
    ...(finding.detail === "" ? [] : [`${indent}${oneLine(finding.detail)}`]),
    ...finding.evidence
      .slice(0, 3)
      .map(({ command, output }) => `${indent}$ ${oneLine(command)}\n${indent}  ${oneLine(output)}`),
  ];
}

function oneLine(text: string): string {
  return clean(text).replaceAll(/\s+/g, " ").trim();
}

function tableText(table: ReportTable): string {
  const drawn = new Table({
    head: table.columns.map(({ title }) => clean(title)),
    colAligns: table.columns.map(({ align }) => align),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...table.rows.map((row) => row.map(oneLine)));
  return drawn.toString();
}
