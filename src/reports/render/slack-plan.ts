import type { KnownBlock } from "@slack/types";
import type { Finding, Report, ReportTable } from "../model.ts";
import { fineWords, planParts } from "../plan-report.ts";
import { clean, oneLine } from "./clean.ts";
import type { SlackMessage } from "./slack.ts";
import { createRoom, joinLines, type Room, section, sectionLength } from "./slack-blocks.ts";
import { escapedLine, escapedUpTo, fencedLines, verdictWords } from "./slack-text.ts";

export interface PlanLimits {
  readonly maxBlocks: number;
  readonly maxCharacters: number;
  /** Of the diff. */
  readonly diffCharacters: number;
}

/** A view holds 100 blocks and 250 KB; a character is at most three bytes of UTF-8, and JSON around them costs some. */
export const planInView: PlanLimits = { maxBlocks: 92, maxCharacters: 60_000, diffCharacters: 40_000 };
/** A message holds 50 blocks and 13,200 characters (bolt-js#2509); the rest is for what the caller adds. */
export const planInMessage: PlanLimits = { maxBlocks: 44, maxCharacters: 11_500, diffCharacters: 3_500 };

const noteCharacters = 300;
const mostColumns = 8;
const mostTables = 5;
const mostRows = 40;

/**
 * The plan of a change before anything is written: verdict, what needs attention, what will be different and why, the sums, the
 * files, the diff; what is ok is a number. Within the limits; what does not fit is counted in words.
 */
export function slackPlan(report: Report, { maxBlocks, maxCharacters, diffCharacters }: PlanLimits): SlackMessage {
  const room = createRoom(maxBlocks, maxCharacters);
  const { emoji, word } = verdictWords[report.verdict];
  const head = section(`${emoji} *${word}* — ${escapedLine(report.summary, 1_500)}`);
  room.take(head);
  // A line for what is missing, one for the rest of the diff, and one for what is ok.
  room.hold(3, 3 * noteCharacters);
  const { troubles, said, sums, files, diff, fine } = planParts(report);
  const wanted = [
    ...troubles.map(finding),
    ...said.map(finding),
    ...sums.slice(0, mostTables).flatMap(sumsBlocks),
    ...files.map(finding),
  ];
  const shown: KnownBlock[] = [];
  for (const block of wanted) {
    if (!room.take(block)) break;
    shown.push(block);
  }
  const left = wanted.length - shown.length + Math.max(0, sums.length - mostTables);
  return {
    text: `${word}: ${escapedLine(report.summary, 1_400)}`,
    blocks: [
      head,
      ...shown,
      ...(left > 0 ? [section(`_Not shown here: ${left} more ${left === 1 ? "part" : "parts"} of the plan._`)] : []),
      ...diffBlocks(clean(diff), room, diffCharacters),
      ...(fine === 0 ? [] : [section(`${verdictWords.ok.emoji} ${fineWords(fine)}`)]),
    ],
  };
}

function finding({ verdict, title, detail }: Finding): KnownBlock {
  const { emoji, word } = verdictWords[verdict];
  const head =
    verdict === "ok" ? `*${escapedLine(title, 600)}*` : `${emoji} *${escapedLine(title, 600)}* (${word.toLowerCase()})`;
  return section([head, escapedUpTo(detail, 2_000)].filter((text) => text !== "").join("\n"));
}

/** A table as a line a row: a plan is read on phones too, where columns do not fit. */
function sumsBlocks({ title, columns, rows }: ReportTable): readonly KnownBlock[] {
  const words = rows.slice(0, mostRows).map((row) => {
    const [first = "", ...others] = row.slice(0, mostColumns);
    const named = others.flatMap((cell, index) =>
      ["", "–"].includes(oneLine(cell))
        ? []
        : [`${escapedLine(columns[index + 1]?.title.toLowerCase() ?? "", 60)} ${escapedLine(cell, 100)}`],
    );
    return `• *${escapedLine(first, 150)}*: ${named.join(", ")}`;
  });
  const left = rows.length - words.length;
  const more = left > 0 ? [`_…and ${left} more_`] : [];
  return lines([`*${escapedLine(title, 150) || "Sums"}*`, ...words, ...more]);
}

/** As many sections as the lines need. */
function lines(all: readonly string[]): readonly KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let rest = all;
  while (rest.length > 0) {
    const { text, linesLeft } = joinLines(rest, sectionLength);
    blocks.push(section(text));
    rest = rest.slice(rest.length - linesLeft);
  }
  return blocks;
}

function diffBlocks(diff: string, room: Room, most: number): readonly KnownBlock[] {
  if (diff === "") return [];
  const blocks: KnownBlock[] = [];
  let rest: readonly string[] = diff.split("\n");
  let left = most;
  while (rest.length > 0) {
    const { text, linesLeft } = fencedLines(rest, Math.min(sectionLength, left));
    const block = section(text);
    if (text === "" || !room.take(block)) break;
    blocks.push(block);
    left -= text.length;
    rest = rest.slice(rest.length - linesLeft);
  }
  if (rest.length === 0) return blocks;
  const count = `${rest.length} more ${rest.length === 1 ? "line" : "lines"} of the diff`;
  return [...blocks, section(`_${count} not shown here: the whole is a file in the thread once it is asked for._`)];
}
