import { styleText } from "node:util";
import { chartTable } from "../chart-table.ts";
import { attention, type Evidence, type Finding, type Report, type Verdict } from "../model.ts";
import { clean, oneLine } from "./clean.ts";
import { terminalTable } from "./terminal-table.ts";
import { wrap } from "./wrap.ts";

export interface TerminalOptions {
  readonly colour: boolean;
  /** Width of the terminal; text is wrapped to it, commands are not, so that they can be copied. */
  readonly columns: number;
}

const words: Readonly<Record<Verdict, string>> = { ok: "ok", warn: "WARN", unknown: "UNKNOWN", fail: "FAIL" };
const colours = { ok: "green", warn: "yellow", unknown: "magenta", fail: "red" } as const;
const margin = " ".repeat(10);
const evidenceLines = 8;

/** A report for a person at a terminal: verdict, what needs attention with its evidence, the tables, then everything short. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const width = Math.max(40, options.columns);
  const paint = (verdict: Verdict, text: string) =>
    options.colour ? styleText(colours[verdict], text, { validateStream: false }) : text;
  /** A verdict as a word in a column of its own, the text beside it. */
  const marked = (verdict: Verdict, text: string) => {
    const [first = "", ...others] = wrap(oneLine(text), width, margin);
    return [`  ${paint(verdict, words[verdict].padEnd(7))} ${first.trimStart()}`, ...others];
  };
  const troubles = attention(report);
  const word = words[report.verdict].toUpperCase();
  const [first = "", ...others] = wrap(oneLine(report.summary), width, " ".repeat(word.length + 2));
  const lines = [
    `${paint(report.verdict, word)}  ${first.trimStart()}`,
    ...others,
    ...(troubles.length === 0 ? [] : ["", "Needs attention"]),
    ...troubles.flatMap((finding) => [...marked(finding.verdict, finding.title), ...because(finding, width)]),
    ...[...report.tables, ...report.charts.map(chartTable)]
      .filter(({ rows }) => rows.length > 0)
      .flatMap((table) => ["", oneLine(table.title), terminalTable(table, width)]),
    ...[...Map.groupBy(report.findings, ({ section }) => section)].flatMap(([section, findings]) => [
      "",
      oneLine(section),
      ...findings.flatMap(({ verdict, title }) => marked(verdict, title)),
    ]),
    "",
    `${oneLine(report.runbook)}, read at ${oneLine(report.startedAt)} in ${(report.durationMs / 1_000).toFixed(1)} s, run ${oneLine(report.runId)}`,
  ];
  return `${lines.join("\n")}\n`;
}

function because(finding: Finding, width: number): readonly string[] {
  const shown = finding.evidence.slice(0, 3);
  const left = finding.evidence.length - shown.length;
  return [
    ...wrap(oneLine(finding.detail), width, margin),
    ...shown.flatMap((evidence) => evidenceText(evidence, finding.detail)),
    ...(left === 0 ? [] : [`${margin}… ${left} more with --markdown`]),
  ];
}

/** What came back is left out when the detail has said it already, as the reason of a failed reading does. */
function evidenceText({ command, output }: Evidence, detail: string): readonly string[] {
  const lines = clean(output === detail ? "" : output)
    .split("\n")
    .map((text) => text.trimEnd())
    .filter((text) => text !== "");
  const left = lines.length - evidenceLines;
  return [
    `${margin}$ ${oneLine(command)}`,
    ...lines.slice(0, evidenceLines).map((text) => `${margin}  ${text}`),
    ...(left > 0 ? [`${margin}  … ${left} more ${left === 1 ? "line" : "lines"} with --markdown`] : []),
  ];
}
