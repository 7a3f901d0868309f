import { styleText } from "node:util";
import type { Finding, Report } from "../model.ts";
import { diffOf, withoutDiffs } from "../plan-report.ts";
import { clean, oneLine } from "./clean.ts";
import { type TerminalOptions, terminalReport } from "./terminal.ts";
import { wrap } from "./wrap.ts";

const margin = "  ";

/** The plan of a change at a terminal: verdict and checks, the sums, what will be different, then the whole diff. */
export function terminalPlan(report: Report, options: TerminalOptions): string {
  const width = Math.max(40, options.columns);
  const diff = clean(diffOf(report));
  const said = report.findings.filter(({ verdict, detail }) => verdict === "ok" && detail !== "");
  return [
    terminalReport(withoutDiffs(report), options),
    ...said.flatMap((finding) => ["\n", ...explained(finding, width)]),
    ...(diff === "" ? [] : ["\n", coloured(diff, options.colour), "\n"]),
  ].join("");
}

function explained({ title, detail }: Finding, width: number): readonly string[] {
  const lines = clean(detail).split("\n");
  return [`${oneLine(title)}\n`, ...lines.flatMap((line) => wrap(line, width, margin).map((text) => `${text}\n`))];
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
