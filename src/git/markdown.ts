/** Takes no room, is seen by nobody, and keeps two characters apart. */
const joiner = "\u2060";

/**
 * Text for GitLab that does nothing by itself. It holds what people typed in Slack, and the bot's account has rights that they have
 * not: a line `/merge` would be carried out, and `@all` would notify everybody. Reviewers are set as such, never by a mention.
 * Source: https://docs.gitlab.com/user/project/quick_actions/
 */
export function harmless(markdown: string): string {
  return closingNothing(markdown)
    .replace(/^(?=[^\S\n]*\/\S)/gm, joiner)
    .replace(/(?<!\w)@(?=[\w.])/g, `@${joiner}`);
}

/**
 * Text, also of a commit, that closes no issue when it is merged, as "closes #12" would.
 * Source: https://docs.gitlab.com/user/project/issues/managing_issues/#default-closing-pattern
 */
export function closingNothing(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replaceAll("\0", "")
    .replace(
      /\b(clos|fix|resolv|implement)(e[sd]?|es|ed|ing|s)?(?=:?[^\S\n]+(issues?[^\S\n]+)?([^\s#]*#\d|https?:\S*\/\d|[A-Z][A-Z0-9_]+-\d))/gi,
      (word) => `${word}${joiner}`,
    );
}

/** An HTML comment that only marks: it is stored as it is, shown to nobody, and different for different marks. */
export function commentOf(mark: string): string {
  return `<!-- dfbot:${encodeURIComponent(mark).replaceAll("--", "-%2D")} -->`;
}
