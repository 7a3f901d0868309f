import { styleText } from "node:util";
import { chartTable } from "../chart-table.ts";
import {
  attention,
  type Evidence,
  type Finding,
  type NextStep,
  nextSteps,
  type Report,
  type ReportTable,
  type Verdict,
} from "../model.ts";
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
const mostNext = 3;

/** A report for a person at a terminal: verdict, what needs attention with its evidence, the tables, then everything short. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const width = widthOf(options);
  const sections = [...Map.groupBy(report.findings, ({ section }) => section)];
  const lines = [
    ...verdictLines(report, options),
    ...attentionLines(attention(report), options),
    ...[...report.tables, ...report.charts.map(chartTable)].flatMap((table) => tableLines(table, width)),
    ...sections.flatMap(([section, findings]) => [
      "",
      oneLine(section),
      ...findings.flatMap(({ verdict, title }) => marked(verdict, title, options)),
    ]),
    ...nextLines(report, width),
    "",
    footerLine(report),
  ];
  return `${lines.join("\n")}\n`;
}

export function widthOf({ columns }: TerminalOptions): number {
  return Math.max(40, columns);
}

/** The verdict with the summary beside it. */
export function verdictLines({ verdict, summary }: Report, options: TerminalOptions): readonly string[] {
  const word = words[verdict].toUpperCase();
  const [first = "", ...others] = wrap(oneLine(summary), widthOf(options), " ".repeat(word.length + 2));
  return [`${paint(verdict, word, options)}  ${first.trimStart()}`, ...others];
}

/** What needs attention, each with what was found and how to see it. */
export function attentionLines(troubles: readonly Finding[], options: TerminalOptions): readonly string[] {
  return [
    ...(troubles.length === 0 ? [] : ["", "Needs attention"]),
    ...troubles.flatMap((finding) => [
      ...marked(finding.verdict, finding.title, options),
      ...because(finding, widthOf(options)),
    ]),
  ];
}

/** What would help, as commands that can be copied. */
function nextLines(report: Report, width: number): readonly string[] {
  const steps = nextSteps(report).slice(0, mostNext);
  return steps.length === 0 ? [] : ["", "Next", ...steps.flatMap((step) => nextLine(step, width))];
}

function nextLine({ label, runbook, params }: NextStep, width: number): readonly string[] {
  const given = Object.entries(params).map(([name, value]) => ` --${name}${value === true ? "" : ` ${typed(value)}`}`);
  return [...wrap(`${oneLine(label)}:`, width, "  "), `    dfbot ${oneLine(`${runbook}${given.join("")}`)}`];
}

/** As a shell takes it for one word. */
function typed(value: unknown): string {
  const text = String(value);
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A table under its title, after an empty line; nothing for one without rows. */
export function tableLines(table: ReportTable, width: number): readonly string[] {
  return table.rows.length === 0 ? [] : ["", oneLine(table.title), terminalTable(table, width)];
}

export function footerLine({ runbook, startedAt, durationMs, runId }: Report): string {
  return `${oneLine(runbook)}, read at ${oneLine(startedAt)} in ${(durationMs / 1_000).toFixed(1)} s, run ${oneLine(runId)}`;
}

/** A verdict's word, as wide as the longest. */
export function verdictWord(verdict: Verdict, options: Pick<TerminalOptions, "colour">): string {
  return paint(verdict, words[verdict].padEnd(7), options);
}

function paint(verdict: Verdict, text: string, { colour }: Pick<TerminalOptions, "colour">): string {
  return colour ? styleText(colours[verdict], text, { validateStream: false }) : text;
}

/** A verdict as a word in a column of its own, the text beside it. */
export function marked(verdict: Verdict, text: string, options: TerminalOptions): readonly string[] {
  const [first = "", ...others] = wrap(oneLine(text), widthOf(options), margin);
  return [`  ${verdictWord(verdict, options)} ${first.trimStart()}`, ...others];
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
