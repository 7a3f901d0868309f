import { styleText } from "node:util";
import type { Finding, Report } from "../model.ts";
import { fineWords, planParts } from "../plan-report.ts";
import { clean, oneLine } from "./clean.ts";
import {
  attentionLines,
  footerLine,
  marked,
  type TerminalOptions,
  tableLines,
  verdictLines,
  widthOf,
} from "./terminal.ts";
import { wrap } from "./wrap.ts";

const margin = "  ";

/** The plan of a change at a terminal, in the order it has in Slack, with the whole diff. */
export function terminalPlan(report: Report, options: TerminalOptions): string {
  const width = widthOf(options);
  const { troubles, said, sums, files, diff, fine } = planParts(report);
  const lines = [
    ...verdictLines(report, options),
    ...attentionLines(troubles, options),
    ...said.flatMap((finding) => explained(finding, width)),
    ...sums.flatMap((table) => tableLines(table, width)),
    ...files.flatMap((finding) => explained(finding, width)),
    ...(diff === "" ? [] : ["", coloured(clean(diff), options.colour)]),
    "",
    ...(fine === 0 ? [] : marked("ok", `${fineWords(fine)}; --markdown names every one`, options)),
    footerLine(report),
  ];
  return `${lines.join("\n")}\n`;
}

function explained({ title, detail }: Finding, width: number): readonly string[] {
  return [
    "",
    oneLine(title),
    ...clean(detail)
      .split("\n")
      .flatMap((line) => hung(line, width)),
  ];
}

/** Wrapped, what follows a bullet below its first word. */
function hung(line: string, width: number): readonly string[] {
  const [, words] = /^• (.*)$/.exec(line) ?? [];
  if (words === undefined) return wrap(line, width, margin);
  const [first = "", ...others] = wrap(words, width, `${margin}  `);
  return [`${margin}• ${first.trimStart()}`, ...others];
}

function coloured(diff: string, colour: boolean): string {
  if (!colour) return diff;
  const paint = (style: "green" | "red" | "cyan" | "bold", line: string) =>
    styleText(style, line, { validateStream: false });
  const lines = diff.split("\n").map((line) => {
    if (/^(diff|index|---|\+\+\+) /.test(line)) return paint("bold", line);
    if (line.startsWith("@@")) return paint("cyan", line);
    if (line.startsWith("+")) return paint("green", line);
    return line.startsWith("-") ? paint("red", line) : line;
  });
  return lines.join("\n");
}
