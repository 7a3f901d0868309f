import type { KnownBlock, SectionBlock, TableBlock } from "@slack/types";
import type { ReportTable } from "../model.ts";
import { oneLine, truncate } from "./clean.ts";

/** Slack allows 3,000; @slack/types. */
export const sectionLength = 2_900;
const tableRows = 100;
const tableColumns = 20;

/**
 * A section of mrkdwn. `verbatim` keeps Slack from making links and mentions of its own out of plain words in it.
 * Source: https://docs.slack.dev/reference/block-kit/composition-objects/text-object
 */
export function section(text: string): SectionBlock {
  return { type: "section", text: { type: "mrkdwn", text, verbatim: true } };
}

/**
 * A table block with as many rows as fit into `characters`, and how many were left out; undefined when not even one
 * fits, or the table is empty. Slack refuses an empty cell, ragged rows, and more than 100 rows of 20 cells.
 * Source: https://docs.slack.dev/reference/block-kit/blocks/table-block
 */
export function tableBlock(
  table: ReportTable,
  characters: number,
): { readonly block: TableBlock; readonly rowsLeft: number } | undefined {
  const columns = table.columns.slice(0, tableColumns);
  if (columns.length === 0) return undefined;
  const cell = (text: string | undefined) => ({
    type: "raw_text" as const,
    text: truncate(oneLine(text ?? ""), 200) || "–",
  });
  const header = columns.map(({ title }) => cell(title));
  const rows: (typeof header)[] = [];
  const settings = columns.map(({ align }) => ({ align, is_wrapped: false }));
  let used = charactersIn(settings) + charactersIn(header) + "table".length;
  for (const given of table.rows.slice(0, tableRows - 1)) {
    const row = columns.map((_, index) => cell(given[index]));
    used += charactersIn(row);
    if (used > characters) break;
    rows.push(row);
  }
  if (rows.length === 0) return undefined;
  const block: TableBlock = { type: "table", column_settings: settings, rows: [header, ...rows] };
  return { block, rowsLeft: table.rows.length - rows.length };
}

/** Every string anywhere in a block: a careful over-count of what Slack may count. */
export function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + charactersIn(item), 0);
  if (value !== null && typeof value === "object")
    return Object.values(value).reduce((sum: number, item) => sum + charactersIn(item), 0);
  return 0;
}

/** What is left of a message while it is filled. */
export interface Room {
  readonly blocks: number;
  readonly characters: number;
  /** Uses the room and says so, or says no and leaves it. */
  take(block: KnownBlock): boolean;
  /** Keeps room for what comes later; given back with negative numbers. */
  hold(blocks: number, characters: number): void;
}

export function createRoom(maxBlocks: number, maxCharacters: number): Room {
  let blocks = maxBlocks;
  let characters = maxCharacters;
  return {
    get blocks() {
      return blocks;
    },
    get characters() {
      return characters;
    },
    take(block) {
      const size = charactersIn(block);
      if (blocks < 1 || characters < size) return false;
      blocks -= 1;
      characters -= size;
      return true;
    },
    hold(heldBlocks, heldCharacters) {
      blocks -= heldBlocks;
      characters -= heldCharacters;
    },
  };
}

/** Lines joined into one text of at most `length`, and how many were left out. */
export function joinLines(
  lines: readonly string[],
  length: number,
): { readonly text: string; readonly linesLeft: number } {
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    if (used + line.length + 1 > length) break;
    kept.push(line);
    used += line.length + 1;
  }
  return { text: kept.join("\n"), linesLeft: lines.length - kept.length };
}
