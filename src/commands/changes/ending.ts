import type { KnownBlock } from "@slack/types";
import type { z } from "zod";
import { attention, conclusionSchema, type Finding, worstVerdict } from "../../reports/model.ts";
import { codeSlack, escapedLine, escapedUpTo, verdictWords } from "../../reports/render/slack-text.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { section, stateWords } from "./words.ts";

/** What a run concluded, as its card tells it. */

export type Ending = z.infer<typeof conclusionSchema>;

/** Undefined while there is none. */
export function endingOf({ conclusion }: RunRecord): Ending | undefined {
  return conclusionSchema.safeParse(conclusion).data;
}

/** The state in words. One that came to its end and found something wrong there does not look like a success. */
export function stateLine(record: RunRecord): string {
  const words = stateWords[record.state];
  if (record.state !== "succeeded") return words;
  const worst = worstVerdict((endingOf(record)?.findings ?? []).map(({ verdict }) => verdict));
  if (worst === "fail") return `${verdictWords.fail.emoji} Done, and something is wrong`;
  if (worst === "unknown") return `${verdictWords.unknown.emoji} Done, and something could not be checked`;
  return worst === "warn" ? `${words}, with a warning` : words;
}

const mostFindings = 6;

/** What needs attention after the end, worst first, with the command that shows it. */
export function findingBlocks(record: RunRecord): readonly KnownBlock[] {
  const ending = hasEnded(record.state) ? endingOf(record) : undefined;
  if (ending === undefined) return [];
  const troubles = attention(ending);
  const left = troubles.length - mostFindings;
  return [
    ...troubles.slice(0, mostFindings).map((finding) => section(findingText(finding, 500, 1))),
    ...(left > 0 ? [section(`_…and ${left} more, see Details_`)] : []),
  ];
}

/** One finding, with as many of its commands. */
export function findingText({ verdict, title, detail, evidence }: Finding, length: number, commands: number): string {
  const { emoji, word } = verdictWords[verdict];
  const lines = [
    `${emoji} *${escapedLine(title, 300)}* (${word.toLowerCase()})`,
    escapedUpTo(detail, length),
    ...evidence.slice(0, commands).map(({ command }) => codeSlack(command, 300)),
  ];
  return lines.filter((text) => text !== "").join("\n");
}
