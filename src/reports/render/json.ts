import type { Report } from "../model.ts";

/**
 * The contract's report, one JSON document. JSON itself escapes only the first 32 control characters; the others that
 * could act on a terminal are escaped too, which changes nothing for who parses it.
 */
export function jsonReport(report: Report): string {
  const text = JSON.stringify(report, null, 2).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${text}\n`;
}
