import type { KnownBlock } from "@slack/types";
import { type Plan, planSchema, shortDigest } from "../../approvals/plan.ts";
import { verdicts } from "../../reports/model.ts";
import { fineWords } from "../../reports/plan-report.ts";
import { joinLines } from "../../reports/render/slack-blocks.ts";
import { escapedLine, escapedUpTo, fencedLines, verdictWords } from "../../reports/render/slack-text.ts";
import type { RunRecord } from "../../runbooks/durable/record.ts";
import { askedOf } from "./run-buttons.ts";
import { context, link, section } from "./words.ts";

/** How a plan is shown to those who decide about it. */

/** What a section of Slack holds, with room for what is around it. */
const longestDiff = 2_500;
const sectionLength = 2_900;
const mostFiles = 5;
const mostChecks = 8;
const longestCheck = 300;

/** The plan that people are asked about, if it is one. */
export function planOf(record: RunRecord): Plan | undefined {
  const plan = planSchema.safeParse(askedOf(record)?.plan);
  return plan.success ? plan.data : undefined;
}

/** The whole diff of a plan when it is too long for the card, and is a file in the thread instead. */
export function longDiff(plan: Plan): string | undefined {
  const text = `${wholeDiff(plan)}\n`;
  return text.length > longestDiff ? text : undefined;
}

function wholeDiff({ effects }: Plan): string {
  return effects.flatMap(({ diff }) => (diff === undefined ? [] : [diff.trimEnd()])).join("\n");
}

/** What is going to be done, and only if what still holds. */
export function effectsBlock({ effects, preconditions, risk, target }: Plan): KnownBlock {
  const files = effects.filter(({ diff }) => diff !== undefined);
  const listed = effects.filter(({ diff }) => diff === undefined || files.length <= mostFiles);
  const lines = [
    `*The plan* for ${escapedLine(target, 200)}, risk ${risk}`,
    ...listed.map(({ description }) => `• ${escapedLine(description, 300)}`),
    ...(files.length > mostFiles ? [`• ${files.length} files change, see the diff`] : []),
  ];
  const conditions = preconditions.map(({ description }) => escapedLine(description, 200)).join("; ");
  const only = conditions === "" || conditions.length > 1_000 ? [] : [`*Only if:* ${conditions}`];
  const { text, linesLeft } = joinLines(lines, sectionLength - 50 - (only[0]?.length ?? 0));
  return section([text, ...(linesLeft > 0 ? [`… and ${linesLeft} more, see Details`] : []), ...only].join("\n"));
}

/** The diff, when it is short enough to be read here. */
export function diffBlock(plan: Plan): KnownBlock | undefined {
  const diff = wholeDiff(plan);
  if (diff === "" || longDiff(plan) !== undefined) return undefined;
  const { text, linesLeft } = fencedLines(diff.split("\n"), sectionLength - 50);
  return section(linesLeft === 0 ? text : `${text}\n_and ${linesLeft} more lines, see Details_`);
}

export function digestBlock(plan: Plan): KnownBlock {
  return context(
    `plan ${shortDigest(plan.digest)}${longDiff(plan) === undefined ? "" : " · the diff is a file in the thread"}`,
  );
}

/** What is not ok by name, worst first; what is, as a number. Once the change is done, both as numbers. */
export function checksBlock({ checks = [] }: Plan, isDone: boolean): KnownBlock | undefined {
  if (checks.length === 0) return undefined;
  const of = (verdict: (typeof checks)[number]["verdict"]) => checks.filter((check) => check.verdict === verdict);
  const troubles = [...of("fail"), ...of("unknown"), ...of("warn")];
  const fine = of("ok").length;
  if (isDone) {
    const others = troubles.length === 0 ? "" : ` of ${checks.length}`;
    return context(`${fine}${others} checks of the plan were ok · Details has them`);
  }
  const lines = troubles.slice(0, mostChecks).map(({ verdict, title }) => {
    const { emoji, word } = verdictWords[verdict];
    return `${emoji} ${escapedLine(title, longestCheck)} (${word.toLowerCase()})`;
  });
  const left = troubles.length - lines.length;
  return section(
    [
      ...lines,
      ...(left > 0 ? [`… and ${left} more, see Details`] : []),
      ...(fine > 0 ? [`${verdictWords.ok.emoji} ${fineWords(fine)}`] : []),
    ].join("\n"),
  );
}

const hostStates = { opened: "open", merged: "merged", closed: "closed", locked: "being merged" } as const;
const pipelineWords = {
  none: "no pipeline",
  running: "pipeline running",
  succeeded: "pipeline passed",
  failed: ":x: pipeline failed",
} as const;

/** What the Git host says of the merge request; undefined until it was looked at. */
export function hostBlock({ mergeRequest }: RunRecord): KnownBlock | undefined {
  if (mergeRequest === undefined) return undefined;
  const { iid, state, by, pipeline, approvedBy } = mergeRequest;
  const who = by === undefined ? "" : ` by ${escapedLine(by, 60)}`;
  const approved = approvedBy.length === 0 ? [] : [`approved there by ${escapedLine(approvedBy.join(", "), 300)}`];
  return context([`GitLab: !${iid} is ${hostStates[state]}${who}`, pipelineWords[pipeline], ...approved].join(" · "));
}

/** Every check of a plan, worst first, for Details. */
export function allChecks({ checks = [] }: Plan): readonly string[] {
  const rank = ({ verdict }: (typeof checks)[number]) => verdicts.indexOf(verdict);
  return checks
    .toSorted((a, b) => rank(b) - rank(a))
    .map(({ verdict, title }) => `${verdictWords[verdict].emoji} ${escapedUpTo(title, 400)}`);
}

/** Where the change is shown; empty when it is nowhere. */
export function planLink({ url }: Plan): string {
  if (url === undefined) return "";
  const [, iid] = /\/merge_requests\/(\d+)/.exec(url) ?? [];
  return link(url, iid === undefined ? "Look at it" : `Merge request !${iid}`);
}
