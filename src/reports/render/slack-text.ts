import type { Verdict } from "../model.ts";
import { clean, oneLine, truncate } from "./clean.ts";

/**
 * Outside text for Slack's mrkdwn, to be read and copied as it is. The three characters that Slack asks to be escaped
 * disarm mentions and links. What else Slack would read (formatting, `:emoji:` that could pose as a verdict) has no escape
 * there: a word with such signs becomes a code span, in which Slack reads nothing. What is written as code stays code.
 * Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escapeSlack(text: string): string {
  return escapeReserved(
    clean(text)
      .replace(/^( *)>/gm, "$1›")
      .replace(word, quiet),
  );
}

/** Without a blank, but for those between two backticks. */
const word = /(?:`[^`\n]+`|\S)+/g;
/** Where Slack reads it as code: nothing but brackets, quotes and punctuation is around it. */
const code = /^[([{"']*`[^`\s](?:[^`]*[^`\s])?`[.,;:!?)\]}"']*$/;
/** What could begin or end formatting, or be an emoji, of which four have no letter. An underscore inside a word is none. */
const signs = /[*~]|(?<![a-z0-9])_|_(?![a-z0-9])|:(?:[\d_+'-]*[a-z][\w+'-]*|[+-]1|100|1234):/i;

/** A word between the brackets, quotes and punctuation around it, which are left outside of a code span. */
const wrapped = /^([([{"']*)(.*?)([.,;!?)\]}"']*)$/;

function quiet(given: string): string {
  if (code.test(given)) return given;
  const plain = given.replaceAll("`", "'");
  if (!signs.test(plain)) return plain;
  const [, before = "", inside = plain, after = ""] = wrapped.exec(plain) ?? [];
  return `${before}\`${inside}\`${after}`;
}

/** Outside text inside backticks, on one line and at most `length` long with them: what would end the code span goes. */
export function codeSlack(text: string, length: number): string {
  const inside = oneLine(text).replaceAll("`", "'");
  // An empty code span would show its backticks.
  return inside === "" ? "" : `\`${fitted(inside, length - 2, escapeReserved)}\``;
}

/** Outside text as a block of code that keeps its lines; what is over `length` is counted in words below it. */
export function fencedSlack(text: string, length: number): string {
  const inside = unfenced(clean(text)).trimEnd();
  const shown = fitted(inside, length - 50, escapeReserved);
  const whole = escapeReserved(inside).length <= length - 50;
  return `\`\`\`\n${shown}\n\`\`\`${whole ? "" : `\n_cut, ${inside.length} characters in all_`}`;
}

/** Three backticks would end a block of code: a sign that nobody sees parts them. */
function unfenced(text: string): string {
  return text.replaceAll(/`(?=``)/g, "`\u200b");
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
    const inside = fitted(unfenced(clean(line)), longestLine, escapeReserved);
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
