import type { Verdict } from "../model.ts";
import { clean, truncate } from "./clean.ts";

/**
 * Outside text for Slack's mrkdwn. The three characters that Slack asks to be escaped disarm mentions and links; the
 * formatting characters, for which Slack has no escape, become look-alikes that it does not read.
 * Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escapeSlack(text: string): string {
  return clean(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[*~`]|\b_|_\b/g, (character) => lookAlikes[character] ?? character);
}

const lookAlikes: Readonly<Record<string, string>> = { "*": "∗", _: "\uff3f", "~": "∼", "`": "ʼ" };

/** Outside text inside backticks: only what would end the code span has to go. */
export function codeSlack(text: string): string {
  const inside = clean(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("`", "ʼ")
    .replaceAll("\n", " ");
  return `\`${inside}\``;
}

/** Escapes and then cuts, so that an entity is never halved: cutting first would let the escaping grow past the limit. */
export function escapedUpTo(text: string, length: number): string {
  let room = length;
  let escaped = escapeSlack(truncate(text, room));
  while (escaped.length > length && room > 0) {
    room -= Math.max(1, Math.ceil((escaped.length - length) / 5));
    escaped = escapeSlack(truncate(text, room));
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
