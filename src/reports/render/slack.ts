import type { ContainerBlock, KnownBlock, SectionBlock } from "@slack/types";
import { attention, type Finding, type Report } from "../model.ts";
import { oneLine, truncate } from "./clean.ts";
import { charactersIn, createRoom, joinLines, type Room, section, sectionLength, tableBlock } from "./slack-blocks.ts";
import { codeSlack, escapedLine, escapedUpTo, verdictWords } from "./slack-text.ts";

export interface SlackLimits {
  /** Slack allows 50; the rest is for the buttons that the caller appends. At least 8. */
  readonly maxBlocks: number;
  /** Slack's undocumented total is near 13,200 (bolt-js#2509); counted over every string in the blocks. At least 2,000. */
  readonly maxCharacters: number;
}

export interface SlackMessage {
  /** For notifications and screen readers: a line or two, escaped like everything else. */
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

const defaults: SlackLimits = { maxBlocks: 46, maxCharacters: 12_000 };
/** Beyond these a message is a wall: the rest is listed by title. */
const mostInFull = 12;
/** Room for one line that counts what was left out. */
const noteCharacters = 250;

/**
 * A report as one Slack message: verdict, what needs attention, the table, details folded by section. It never exceeds
 * the limits, and what does not fit is counted in words.
 */
export function slackReport(report: Report, limits: Partial<SlackLimits> = {}): SlackMessage {
  const { maxBlocks, maxCharacters } = { ...defaults, ...limits };
  if (maxBlocks < 8 || maxCharacters < 2_000) throw new RangeError("A report needs 8 blocks and 2,000 characters");
  const room = createRoom(maxBlocks, maxCharacters);
  const head = headBlock(report, maxCharacters / 4);
  const footer = footerBlock(report);
  // What is always there takes its room first: head, footer, and two lines that count what is missing.
  room.take(head);
  room.take(footer);
  room.hold(2, 2 * noteCharacters);

  const table = takeTable(report, room, maxCharacters / 4);
  const sections = Map.groupBy(report.findings, (finding) => finding.section);
  const troubles = takeTroubles(report, room, sections.size, maxCharacters / 4);
  const folds = takeFolds(sections, room);

  const missing = [
    counted(table.rowsLeft, "row of the table", "rows of the table"),
    counted(table.tablesLeft, "table", "tables"),
    counted(sections.size - folds.length, "section", "sections"),
  ].filter((words) => words !== undefined);
  const note = missing.length === 0 ? [] : [section(`_Not shown here: ${missing.join(", ")}. See Details._`)];
  return {
    text: fallbackText(report),
    blocks: [head, ...troubles, ...table.blocks, ...folds, ...note, footer],
  };
}

function headBlock(report: Report, characters: number): SectionBlock {
  const { emoji, word } = verdictWords[report.verdict];
  return section(`${emoji} *${word}* — ${escapedLine(report.summary, Math.min(1_500, characters))}`);
}

function fallbackText(report: Report): string {
  const [worst] = attention(report);
  const first = `${verdictWords[report.verdict].word}: ${escapedLine(report.summary, 1_400)}`;
  return worst === undefined ? first : `${first}\n${escapedLine(worst.title, 1_400)}`;
}

/** Slack takes one table a message; the first is shown and any other stays in Details. */
function takeTable(report: Report, room: Room, characters: number) {
  const filled = report.tables.filter(({ rows }) => rows.length > 0);
  const [first] = filled;
  const table = first === undefined ? undefined : tableBlock(first, characters);
  if (table === undefined || !room.take(table.block)) return { blocks: [], rowsLeft: 0, tablesLeft: filled.length };
  return { blocks: [table.block], rowsLeft: table.rowsLeft, tablesLeft: filled.length - 1 };
}

/** Worst first: in full while there is room, then by title, then counted. Leaves some room for the folds. */
function takeTroubles(report: Report, room: Room, sections: number, forFolds: number): readonly KnownBlock[] {
  const foldBlocks = Math.min(sections, Math.ceil(room.blocks / 2));
  // One more is held for the list of titles.
  room.hold(foldBlocks + 1, forFolds);
  const troubles = attention(report);
  const blocks: KnownBlock[] = [];
  for (const finding of troubles.slice(0, mostInFull)) {
    const block = troubleBlock(finding);
    if (!room.take(block)) break;
    blocks.push(block);
  }
  room.hold(-1, 0);
  const byTitle = troubles.slice(blocks.length);
  const { text, linesLeft } = joinLines(byTitle.map(line), Math.min(sectionLength, room.characters - 50));
  const titles = section(text);
  const listed = text !== "" && room.take(titles);
  if (listed) blocks.push(titles);
  room.hold(-foldBlocks, -forFolds);
  const left = listed ? linesLeft : byTitle.length;
  return left === 0
    ? blocks
    : [...blocks, section(`_…and ${left} more ${left === 1 ? "needs" : "need"} attention, see Details._`)];
}

function troubleBlock(finding: Finding): SectionBlock {
  const { emoji, word } = verdictWords[finding.verdict];
  const lines = [
    `${emoji} *${escapedLine(finding.title, 600)}* (${word.toLowerCase()})`,
    escapedUpTo(finding.detail, 900),
    codeSlack(finding.evidence[0]?.command ?? "", 500),
  ];
  return section(lines.filter((text) => text !== "").join("\n"));
}

function line(finding: Finding): string {
  const { emoji, word } = verdictWords[finding.verdict];
  return `${emoji} ${escapedLine(finding.title, 250)}${finding.verdict === "ok" ? "" : ` (${word.toLowerCase()})`}`;
}

/** One closed container a section of the report, as many as there is room for, each with its fair share of it. */
function takeFolds(sections: ReadonlyMap<string, readonly Finding[]>, room: Room): readonly ContainerBlock[] {
  const folds: ContainerBlock[] = [];
  let waiting = Math.min(sections.size, room.blocks);
  for (const [title, findings] of sections) {
    if (waiting === 0) break;
    const fold = foldBlock(title, findings, Math.floor(room.characters / waiting));
    if (fold !== undefined && room.take(fold)) folds.push(fold);
    waiting -= 1;
  }
  return folds;
}

/**
 * Undefined when not even one line fits into `characters`.
 * Source: https://docs.slack.dev/reference/block-kit/blocks/container-block (in messages only; title 150; 10 children)
 */
function foldBlock(title: string, findings: readonly Finding[], characters: number): ContainerBlock | undefined {
  const bad = findings.filter(({ verdict }) => verdict !== "ok").length;
  const state = bad === 0 ? `${findings.length} ok` : `${bad} of ${findings.length} need attention`;
  const fold = (children: SectionBlock[]): ContainerBlock => ({
    type: "container",
    title: { type: "plain_text", text: `${sectionTitle(title, 100)}: ${state}` },
    is_collapsible: true,
    default_collapsed: true,
    child_blocks: children,
  });
  const room = createRoom(3, characters - charactersIn(fold([])) - noteCharacters);
  const children: SectionBlock[] = [];
  let lines = findings.map(line);
  while (lines.length > 0) {
    const { text, linesLeft } = joinLines(lines, Math.min(sectionLength, room.characters - 50));
    const block = section(text);
    if (text === "" || !room.take(block)) break;
    children.push(block);
    lines = lines.slice(lines.length - linesLeft);
  }
  if (children.length === 0) return undefined;
  if (lines.length > 0) children.push(section(`_…and ${lines.length} more, see Details._`));
  return fold(children);
}

/** A heading is never empty: Slack refuses one. */
export function sectionTitle(title: string, length: number): string {
  return truncate(oneLine(title), length) || "Other";
}

function footerBlock(report: Report): KnownBlock {
  const seconds = (report.durationMs / 1_000).toFixed(1);
  const text = `${escapedLine(report.runbook, 60)} · read ${readAt(report.startedAt)} in ${seconds} s · run ${escapedLine(report.runId.slice(0, 8), 40)}`;
  return { type: "context", elements: [{ type: "mrkdwn", text, verbatim: true }] };
}

/** In the reader's own time zone, which only Slack knows; the text after the bar is for clients that cannot. */
function readAt(startedAt: string): string {
  const seconds = Math.floor(Date.parse(startedAt) / 1_000);
  const fallback = escapedLine(startedAt, 40).replaceAll("|", "");
  return Number.isNaN(seconds) ? fallback : `<!date^${seconds}^{date_short_pretty} {time_secs}|${fallback}>`;
}

function counted(count: number, one: string, many: string): string | undefined {
  return count === 0 ? undefined : `${count} more ${count === 1 ? one : many}`;
}
