import type { KnownBlock } from "@slack/types";
import {
  attention,
  type Evidence,
  type Finding,
  type Report,
  type ReportTable,
  verdicts,
  worstVerdict,
} from "../model.ts";
import { oneLine, truncate } from "./clean.ts";
import { sectionTitle } from "./slack.ts";
import { createRoom, joinLines, section } from "./slack-blocks.ts";
import { codeSlack, escapedLine, escapedUpTo, fencedSlack, verdictWords } from "./slack-text.ts";

/** A view holds 100 blocks; one is kept for the line that counts what is missing, one for the caller. */
const maxBlocks = 98;
/** A view holds 250 KB; a character is at most three bytes of UTF-8, and JSON around them costs some. */
const maxCharacters = 60_000;

const mostTables = 5;

/** Blocks that are shown together or not at all. */
interface Entry {
  readonly blocks: readonly KnownBlock[];
  readonly findings: readonly Finding[];
}

/**
 * Everything a report says, for a modal: its tables, then each finding with detail and evidence under its section's
 * heading, the worst sections first. What does not fit is counted in words.
 */
export function slackReportDetails(report: Report): { readonly title: string; readonly blocks: readonly KnownBlock[] } {
  const { emoji, word } = verdictWords[report.verdict];
  const room = createRoom(maxBlocks, maxCharacters);
  const blocks: KnownBlock[] = [];
  const head = section(`${emoji} *${word}* — ${escapedLine(report.summary, 2_000)}`);
  const entries: readonly Entry[] = [
    { blocks: [head, ...tableSections(report.tables)], findings: [] },
    ...worstFirst(report.findings).flatMap(([title, findings]) => sectionEntries(title, findings)),
  ];
  let left: readonly Finding[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!takeAll(entry, room)) {
      left = entries.slice(index).flatMap(({ findings }) => findings);
      break;
    }
    blocks.push(...entry.blocks);
  }
  if (left.length > 0) blocks.push(section(leftWords(left, report)));
  return { title: truncate(`${oneLine(report.runbook)} details`, 24), blocks };
}

/** Sections in the report's order, those with trouble before the others, the worst first. */
function worstFirst(findings: readonly Finding[]): readonly (readonly [string, readonly Finding[]])[] {
  const rank = (group: readonly Finding[]) => verdicts.indexOf(worstVerdict(group.map(({ verdict }) => verdict)));
  return [...Map.groupBy(findings, ({ section: title }) => title)].toSorted(([, a], [, b]) => rank(b) - rank(a));
}

function takeAll(entry: Entry, room: ReturnType<typeof createRoom>): boolean {
  return entry.blocks.every((block) => room.take(block));
}

/** Each trouble on its own, worst first; good news is short, so several share a block. The heading joins the first. */
function sectionEntries(title: string, findings: readonly Finding[]): readonly Entry[] {
  const entries = [
    ...attention({ findings }).map((finding) => ({ blocks: troubleBlocks(finding), findings: [finding] })),
    ...fineEntries(findings.filter(({ verdict }) => verdict === "ok")),
  ];
  const header: KnownBlock = { type: "header", text: { type: "plain_text", text: sectionTitle(title, 140) } };
  return entries.map((entry, index) => (index === 0 ? { ...entry, blocks: [header, ...entry.blocks] } : entry));
}

function troubleBlocks(finding: Finding): readonly KnownBlock[] {
  const { emoji, word } = verdictWords[finding.verdict];
  const lines = [
    `${emoji} *${escapedLine(finding.title, 600)}* (${word.toLowerCase()})`,
    escapedUpTo(finding.detail, 2_000),
  ];
  const shown = finding.evidence.slice(0, 4);
  const more = finding.evidence.length - shown.length;
  return [
    section(lines.filter((text) => text !== "").join("\n")),
    ...shown.map((evidence) => evidenceSection(evidence, finding.detail)),
    ...(more > 0 ? [section(`_…and ${more} more pieces of evidence_`)] : []),
  ];
}

/** What came back is left out when the detail has said it already, as the reason of a failed reading does. */
function evidenceSection({ command, output, at }: Evidence, detail: string): KnownBlock {
  const lines = [
    codeSlack(command, 800),
    oneLine(output) === "" || output === detail ? "" : fencedSlack(output, 1_600),
    `_read at ${escapedLine(at, 60)}_`,
  ];
  return section(lines.filter((text) => text !== "").join("\n"));
}

function fineEntries(findings: readonly Finding[]): readonly Entry[] {
  const entries: Entry[] = [];
  let rest = findings;
  while (rest.length > 0) {
    const { text, linesLeft } = joinLines(rest.map(fineLine), 2_900);
    entries.push({ blocks: [section(text)], findings: rest.slice(0, rest.length - linesLeft) });
    rest = rest.slice(rest.length - linesLeft);
  }
  return entries;
}

function fineLine(finding: Finding): string {
  const output = codeSlack(finding.evidence[0]?.output ?? "", 250);
  return `${verdictWords.ok.emoji} ${escapedLine(finding.title, 300)}${output === "" ? "" : `\n     ${output}`}`;
}

/** Tables for a modal, drawn in monospace. */
export function tableSections(tables: readonly ReportTable[]): readonly KnownBlock[] {
  const filled = tables.filter(({ rows }) => rows.length > 0);
  const left = filled.length - mostTables;
  return [
    ...filled.slice(0, mostTables).map(tableSection),
    ...(left > 0 ? [section(`_…and ${left} more ${left === 1 ? "table" : "tables"}_`)] : []),
  ];
}

/** A modal shows no table block, so the table is drawn in monospace. Source: https://docs.slack.dev/reference/block-kit/blocks/table-block */
function tableSection(table: ReportTable): KnownBlock {
  const cells = [table.columns.map(({ title }) => title), ...table.rows].map((row) =>
    table.columns.map((_, index) => truncate(oneLine(row[index] ?? ""), 40)),
  );
  const widths = table.columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, index) =>
        table.columns[index]?.align === "right" ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return section(`*${escapedLine(table.title, 200) || "Table"}*\n${fencedSlack(lines.join("\n"), 2_500)}`);
}

function leftWords(left: readonly Finding[], report: Report): string {
  const bad = left.filter(({ verdict }) => verdict !== "ok").length;
  const what = `${left.length} more ${left.length === 1 ? "finding" : "findings"}, ${bad} of them in need of attention`;
  return `_This is not all: ${what}, did not fit. ${codeSlack(`dfbot ${report.runbook} --markdown`, 100)} in a terminal prints everything._`;
}
