import type { Verdict } from "../model.ts";
import { clean, oneLine, truncate } from "./clean.ts";

/**
 * Outside text for Slack's mrkdwn. The three characters that Slack asks to be escaped disarm mentions and links; what
 * else Slack would read (formatting, quotes, `:emoji:` that could pose as a verdict) has no escape there and becomes a
 * look-alike that it does not read.
 * Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escapeSlack(text: string): string {
  const quiet = clean(text)
    .replace(/^( *)>/gm, "$1›")
    .replace(/[*~`]|\b_|_\b/g, (character) => lookAlikes[character] ?? character)
    .replace(/:(?=[\d_+'-]*[a-z][\w+'-]*:)/gi, "∶");
  return escapeReserved(quiet);
}

const lookAlikes: Readonly<Record<string, string>> = { "*": "∗", _: "\uff3f", "~": "∼", "`": "ʼ" };

/** Outside text inside backticks, on one line and at most `length` long with them: what would end the code span goes. */
export function codeSlack(text: string, length: number): string {
  const inside = oneLine(text).replaceAll("`", "ʼ");
  // An empty code span would show its backticks.
  return inside === "" ? "" : `\`${fitted(inside, length - 2, escapeReserved)}\``;
}

/** Outside text as a block of code that keeps its lines; what is over `length` is counted in words below it. */
export function fencedSlack(text: string, length: number): string {
  const inside = clean(text).replaceAll("`", "ʼ").trimEnd();
  const shown = fitted(inside, length - 50, escapeReserved);
  const whole = escapeReserved(inside).length <= length - 50;
  return `\`\`\`\n${shown}\n\`\`\`${whole ? "" : `\n_cut, ${inside.length} characters in all_`}`;
}

const longestLine = 500;

/** As many lines as fit, as a block of code of at most `length`, and how many were left out. A very long line is cut. */
export function fencedLines(
  lines: readonly string[],
  length: number,
): { readonly text: string; readonly linesLeft: number } {
  const kept: string[] = [];
  let used = "```\n\n```".length;
  for (const line of lines) {
    const inside = fitted(clean(line).replaceAll("`", "ʼ"), longestLine, escapeReserved);
    used += inside.length + 1;
    if (used > length) break;
    kept.push(inside);
  }
  return { text: kept.length === 0 ? "" : `\`\`\`\n${kept.join("\n")}\n\`\`\``, linesLeft: lines.length - kept.length };
}

/** Escaped text of at most `length`. Lines stay. */
export function escapedUpTo(text: string, length: number): string {
  return fitted(clean(text).trim(), length, escapeSlack);
}

/** Escaped text of at most `length`, on one line: for titles, where a forged second line would mislead. */
export function escapedLine(text: string, length: number): string {
  return fitted(oneLine(text), length, escapeSlack);
}

function escapeReserved(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Cuts before it escapes, until the escaped text fits, so that an entity is never halved. An entity is 5 at most. */
function fitted(text: string, length: number, escaping: (text: string) => string): string {
  let room = length;
  let escaped = escaping(truncate(text, room));
  while (escaped.length > length && room > 0) {
    room -= Math.max(1, Math.ceil((escaped.length - length) / 5));
    escaped = escaping(truncate(text, room));
  }
  return escaped;
}

/** Never a symbol alone: the word says it too. */
export const verdictWords: Readonly<Record<Verdict, { readonly emoji: string; readonly word: string }>> = {
  ok: { emoji: ":large_green_circle:", word: "OK" },
  warn: { emoji: ":large_yellow_circle:", word: "Warning" },
  unknown: { emoji: ":white_circle:", word: "Unknown" },
  fail: { emoji: ":red_circle:", word: "Failing" },
};
