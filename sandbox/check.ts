import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome, PageMessage, PageState } from "./slack/page-api.ts";
import type { SlackSimulation } from "./slack/server.ts";

const withinMs = 60_000;

/** Asks `/dragonfly status` over the same routes that the page uses, and waits for the answer in the note's place. */
export async function checkStatus(
  slack: Pick<SlackSimulation, "origin">,
): Promise<{ readonly text: string; readonly ok: boolean }> {
  const user = "U0ADA";
  const response = await fetch(`${slack.origin}/sandbox/command`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user, channel: "C0OPS", text: "/dragonfly status" }),
  });
  const outcome = (await response.json()) as Outcome;
  if (!outcome.ok) return { text: outcome.error ?? "no answer", ok: false };
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(50)) {
    const state = (await (await fetch(`${slack.origin}/sandbox/state?user=${user}`)).json()) as PageState;
    const answer = state.messages.find((message) => message.blocks.length > 0);
    if (answer !== undefined) return { text: plainText(answer), ok: /^(OK|Warning):/.test(answer.text) };
  }
  return { text: `No answer within ${withinMs / 1_000} s.`, ok: false };
}

/** Blocks as lines of text, for people without a browser. */
export function plainText(message: PageMessage): string {
  return message.blocks.flatMap(linesOf).join("\n");
}

function linesOf(block: unknown): readonly string[] {
  if (block === null || typeof block !== "object") return [];
  if ("rows" in block && Array.isArray(block.rows)) return tableLines(block.rows);
  const own = [textOf(block, "title"), textOf(block, "text")].filter((text) => text !== "").map(withoutMarkup);
  const children = ["child_blocks", "elements", "fields"].flatMap((name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(block, name)?.value;
    return Array.isArray(value) ? value : [];
  });
  const type = "type" in block ? block.type : "";
  if (type === "actions") return [`[${children.map((element) => textOf(element, "text")).join("] [")}]`];
  return [...own, ...children.flatMap(linesOf).map((line) => (type === "container" ? `  ${line}` : line))];
}

function textOf(value: unknown, name: string): string {
  const field: unknown =
    value !== null && typeof value === "object" ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
  if (typeof field === "string") return field;
  return field !== null && typeof field === "object" && "text" in field && typeof field.text === "string"
    ? field.text
    : "";
}

function tableLines(rows: readonly unknown[]): readonly string[] {
  const cells = rows.map((row) => (Array.isArray(row) ? row.map((cell) => textOf(cell, "text").trim()) : []));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const marks: Readonly<Record<string, string>> = {
  large_green_circle: "●",
  large_yellow_circle: "◐",
  white_circle: "○",
  red_circle: "✖",
};

function withoutMarkup(text: string): string {
  return text
    .replace(/:(\w+):/g, (whole, name) => marks[name] ?? whole)
    .replace(/<!date\^[^|]*\|([^>]*)>/g, "$1")
    .replace(/[*_`]/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
