import { attention, type Evidence, type Finding, type Report, type ReportTable } from "./model.ts";

/** What a plan is read for, in that order. */
export interface PlanParts {
  /** Worst first. */
  readonly troubles: readonly Finding[];
  /** What will be different, and why. */
  readonly said: readonly Finding[];
  readonly sums: readonly ReportTable[];
  /** Which files, without their diffs. */
  readonly files: readonly Finding[];
  readonly diff: string;
  /** How many checks found nothing to say: their names would only stand before what matters. */
  readonly fine: number;
}

/** The parts of a report that shows a plan, for surfaces with little room. Markdown and JSON have every check by name. */
export function planParts(report: Pick<Report, "findings" | "tables">): PlanParts {
  const ok = report.findings.filter(({ verdict }) => verdict === "ok");
  const told = ok.filter(({ section, detail }) => section !== checksSection && detail !== "");
  const [files, said] = [told.filter(hasDiff), told.filter((one) => !hasDiff(one))];
  return {
    troubles: attention(report),
    said,
    sums: report.tables.filter(({ rows }) => rows.length > 0),
    files,
    diff: diffOf(report),
    fine: ok.length - told.length,
  };
}

/** Where the checks of a plan are. */
export const checksSection = "Checks";
/** The finding that says what will be done, of a plan that changes no file: there is no diff, and nothing is missing. */
export const deedsFindingId = "plan.deeds";

/** Empty when there is none. */
export function fineWords(fine: number): string {
  if (fine === 0) return "";
  return fine === 1 ? "1 check is ok" : `${fine} checks are ok`;
}

function hasDiff({ evidence }: Finding): boolean {
  return evidence.some(isDiff);
}

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
