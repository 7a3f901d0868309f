import { stripVTControlCharacters } from "node:util";

/** Control characters; the tab and the newline stay. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Characters that nobody sees and that reorder or hide text: bidi marks, zero-width, soft hyphen, tags, non-characters. */
const invisible =
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e007f}]/gu;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Outside text without what could act on a terminal, a page or a reader. Newlines stay, in one form. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(controls, "")
    .replace(loneSurrogates, "\ufffd")
    .replace(invisible, "");
}

/** Clean text on a single line: for titles, cells and anything else where a forged second line would mislead. */
export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, " ").trim();
}

/** At most `length` UTF-16 units, an ellipsis in place of the rest, never half of a surrogate pair. */
export function truncate(text: string, length: number): string {
  if (text.length <= length) return text;
  if (length < 1) return "";
  const cut = text.slice(0, length - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
