import { posix } from "node:path";
import type { Finding, ReportTable } from "../../reports/model.ts";
import { checksSection } from "../../reports/plan-report.ts";
import type { Conclusion } from "../definition.ts";
import { finding } from "../instance/findings.ts";
import { plural } from "../instance/units.ts";
import type { Proposal } from "./plan-change.ts";
import { fileOf } from "./prepared.ts";
import { shortSha } from "./sha.ts";

/** A plan as a report, which every surface can show: checks are findings, sums are a table, each file's diff is evidence. */
export function proposalConclusion({ base, draft, checks }: Proposal, at: string): Conclusion {
  const { title, edits, effects, reasons, sums, risk } = draft;
  const files = edits.map((edit) => fileOf(edit));
  const diffs: Finding = finding({
    id: "plan.files",
    section: "Files",
    verdict: "ok",
    title: `${plural(files.length, "file")} in one merge request, on ${shortSha(base)}`,
    detail: listed(files),
    evidence: files.map(({ path, diff }) => ({ command: `git diff ${shortSha(base)} -- ${path}`, output: diff, at })),
  });
  const failing = checks.filter(({ verdict }) => verdict === "fail");
  const [first] = failing;
  return {
    summary:
      first === undefined
        ? `${title}: ${plural(files.length, "file")}, risk ${risk}; ${wordsFor(checks)}`
        : `${title} would be refused: ${first.title}${failing.length === 1 ? "" : ` (and ${failing.length - 1} more)`}`,
    findings: [
      ...checks.map((check) => finding({ ...check, section: checksSection })),
      ...said("plan.effects", "What will be different", effects),
      ...said("plan.reasons", "Why", reasons),
      ...(files.length === 0 ? [] : [diffs]),
    ],
    tables: sums.length === 0 ? [] : [sumsTable(sums)],
  };
}

/** A line a folder, so that a phone is not full of the same path. */
function listed(files: readonly ReturnType<typeof fileOf>[]): string {
  const places = Map.groupBy(files, ({ what, path }) => `${what} in ${posix.dirname(path)}`);
  return [...places]
    .map(([place, all]) => `• ${place}: ${all.map(({ path }) => posix.basename(path)).join(", ")}`)
    .join("\n");
}

function wordsFor(checks: Proposal["checks"]): string {
  const count = (wanted: Finding["verdict"]) => checks.filter(({ verdict }) => verdict === wanted).length;
  const [unknown, warnings] = [count("unknown"), count("warn")];
  const words = [
    ...(unknown === 0 ? [] : [`${unknown} could not be checked`]),
    ...(warnings === 0 ? [] : [plural(warnings, "warning")]),
  ];
  return words.length === 0 ? "every check is ok" : words.join(", ");
}

function said(id: string, title: string, lines: readonly string[]): readonly Finding[] {
  const detail = lines.map((line) => `• ${line}`).join("\n");
  return lines.length === 0 ? [] : [finding({ id, section: "Plan", verdict: "ok", title, detail })];
}

function sumsTable(sums: Proposal["draft"]["sums"]): ReportTable {
  return {
    title: "Sums",
    columns: [
      { title: "What", align: "left" },
      { title: "Now", align: "right" },
      { title: "Then", align: "right" },
      { title: "Limit", align: "right" },
    ],
    rows: sums.map(({ what, now, after, limit }) => [what, now, after, limit === "" ? "–" : limit]),
  };
}
