import type { ContainerBlock, KnownBlock, SectionBlock, TableBlock } from "@slack/types";
import { attention, type Finding, type Report, type ReportTable } from "../model.ts";
import { clean, truncate } from "./clean.ts";
import { codeSlack, escapedUpTo, verdictWords } from "./slack-text.ts";

export interface SlackLimits {
  /** Slack allows 50; the rest is for the buttons that the caller appends. */
  readonly maxBlocks: number;
  /** Slack's undocumented total is near 13,200 (bolt-js#2509); counted over every string in the blocks. */
  readonly maxCharacters: number;
}

export interface SlackMessage {
  /** Plain text for notifications and screen readers. */
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

const defaults: SlackLimits = { maxBlocks: 46, maxCharacters: 12_000 };
const sectionLength = 2_900;
const childBlocks = 10;

/**
 * A report as one Slack message: verdict, what needs attention, the table, details folded. What does not fit is counted
 * in words, never cut without a word.
 */
export function slackReport(report: Report, limits: Partial<SlackLimits> = {}): SlackMessage {
  const { maxBlocks, maxCharacters } = { ...defaults, ...limits };
  const budget = { blocks: maxBlocks, characters: maxCharacters };
  const take = (block: KnownBlock): boolean => {
    const size = charactersIn(block);
    if (budget.blocks < 1 || budget.characters < size) return false;
    budget.blocks -= 1;
    budget.characters -= size;
    return true;
  };
  const blocks: KnownBlock[] = [];
  const add = (block: KnownBlock): boolean => {
    if (!take(block)) return false;
    blocks.push(block);
    return true;
  };

  const { emoji, word } = verdictWords[report.verdict];
  add(section(`${emoji} *${word}* — ${escapedUpTo(report.summary, 1_500)}`));
  // The footer is always there, so its room is taken first.
  const footer = footerBlock(report);
  take(footer);

  const troubles = attention(report);
  const shown = troubles.filter((finding) => add(troubleBlock(finding))).length;
  if (shown < troubles.length) add(section(`_…and ${troubles.length - shown} more, see Details._`));
  // Slack takes one table a message, so the first is shown and any other stays in Details.
  const [table] = report.tables;
  if (table !== undefined && table.rows.length > 0) add(tableBlock(table));
  for (const fold of folds(report)) add(fold);
  blocks.push(footer);
  return { text: truncate(`${word}: ${clean(report.summary)}`, 2_900), blocks };
}

function section(text: string): SectionBlock {
  return { type: "section", text: { type: "mrkdwn", text: truncate(text, sectionLength) } };
}

function troubleBlock(finding: Finding): KnownBlock {
  const { emoji, word } = verdictWords[finding.verdict];
  const command = finding.evidence[0]?.command;
  const lines = [
    `${emoji} *${escapedUpTo(finding.title, 600)}* (${word.toLowerCase()})`,
    ...(finding.detail === "" ? [] : [escapedUpTo(finding.detail, 900)]),
    ...(command === undefined ? [] : [codeSlack(truncate(command, 300))]),
  ];
  return section(lines.join("\n"));
}

function tableBlock(table: ReportTable): TableBlock {
  const cell = (text: string) => ({ type: "raw_text" as const, text: truncate(clean(text) || " ", 200) });
  return {
    type: "table",
    column_settings: table.columns.slice(0, 20).map(({ align }) => ({ align, is_wrapped: false })),
    rows: [table.columns.map(({ title }) => cell(title)), ...table.rows.slice(0, 99).map((row) => row.map(cell))].map(
      (row) => row.slice(0, 20),
    ),
  };
}

/** One closed container a section of the report, its findings as lines. */
function folds(report: Report): readonly ContainerBlock[] {
  const sections = Map.groupBy(report.findings, (finding) => finding.section);
  return [...sections].map(([title, findings]) => {
    const bad = findings.filter(({ verdict }) => verdict !== "ok").length;
    const state = bad === 0 ? `${findings.length} ok` : `${bad} of ${findings.length} need attention`;
    return {
      type: "container",
      title: { type: "plain_text", text: truncate(`${clean(title)}: ${state}`, 150) },
      is_collapsible: true,
      default_collapsed: true,
      child_blocks: paragraphs(findings.map(line), childBlocks, 1_200),
    };
  });
}

function line(finding: Finding): string {
  return `${verdictWords[finding.verdict].emoji} ${escapedUpTo(finding.title, 250)}`;
}

/** Lines gathered into sections of bounded length; what is over the last one is counted. */
export function paragraphs(lines: readonly string[], most: number, length: number): SectionBlock[] {
  const groups: string[][] = [[]];
  let used = 0;
  for (const text of lines) {
    if (used + text.length + 1 > length && used > 0) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1)?.push(text);
    used += text.length + 1;
  }
  const kept = groups.slice(0, most).map((group) => section(group.join("\n")));
  const left = groups.slice(most).flat().length;
  if (left > 0) kept[most - 1] = section(`_…and ${left + (groups[most - 1]?.length ?? 0)} more, see Details._`);
  return kept;
}

function footerBlock(report: Report): KnownBlock {
  const started = Math.floor(Date.parse(report.startedAt) / 1_000);
  const when = `<!date^${started}^{date_short_pretty} {time_secs}|${report.startedAt}>`;
  const seconds = (report.durationMs / 1_000).toFixed(1);
  return {
    type: "context",
    elements: [
      {
        type: "mrkdwn",
        text: `${escapedUpTo(report.runbook, 60)} · read ${when} in ${seconds} s · run ${escapedUpTo(report.runId.slice(0, 8), 8)}`,
      },
    ],
  };
}

/** Every string anywhere in a block: a careful over-count of what Slack may count. */
export function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + charactersIn(item), 0);
  if (value !== null && typeof value === "object")
    return Object.values(value).reduce((sum: number, item) => sum + charactersIn(item), 0);
  return 0;
}
