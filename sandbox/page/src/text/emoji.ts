import { get } from "node-emoji";

/** Slack's names for what the emoji table calls otherwise or does not know yet. */
const slackNames: Readonly<Record<string, string>> = {
  large_green_circle: "🟢",
  large_yellow_circle: "🟡",
  large_orange_circle: "🟠",
  large_purple_circle: "🟣",
  large_brown_circle: "🟤",
  large_green_square: "🟩",
  large_red_square: "🟥",
  large_yellow_square: "🟨",
  large_orange_square: "🟧",
  large_blue_square: "🟦",
  thumbsup: "👍",
  thumbsdown: "👎",
};

/** The character of a shortcode, without colons. */
export function emojiOf(name: string): string | undefined {
  return slackNames[name] ?? get(name);
}

export const isEmoji = (name: string): boolean => emojiOf(name) !== undefined;

/** Plain text with its shortcodes as characters; what is no emoji stays as it is, as in times of day. */
export function withEmoji(text: string): string {
  return text.replace(/:([a-z0-9_+'-]+):/g, (code, name: string) => emojiOf(name) ?? code);
}
