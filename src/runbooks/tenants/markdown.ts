/**
 * Text from people in the Markdown of GitLab. There a line that begins with a slash is a command, `@name` calls somebody, `!12` and `#12`
 * are links, and HTML is HTML: inside a code span none of them is anything.
 * Source: GitLab, "GitLab Flavored Markdown" and "Quick actions".
 */
export function code(text: string, longest = 300): string {
  const flat = flatten(text, longest).replaceAll("`", "ˋ");
  return flat === "" ? "" : `\`${flat}\``;
}

/** The same in a cell of a table, where a bar ends the cell even in code. */
export function cell(text: string, longest = 300): string {
  return code(text.replaceAll("|", "¦"), longest);
}

/** One line without control characters, as it may stand in a title or in a commit message's trailer. */
export function flatten(text: string, longest = 300): string {
  // Control and format characters, such as those that turn the direction of writing around.
  const flat = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return flat.length > longest ? `${flat.slice(0, longest - 1)}…` : flat;
}
