/** The words of a slash command, before anybody knows what they mean. */
export interface CommandLine {
  /** First word, lower case; undefined for an empty line. */
  readonly word: string | undefined;
  readonly positionals: readonly string[];
  readonly named: Readonly<Record<string, string | true>>;
  /** The word right after a flag without a value, by the flag, as its place among the positionals counted from the last (1). */
  readonly following: Readonly<Record<string, number>>;
  /** `--share` anywhere. */
  readonly share: boolean;
}

/**
 * Splits what a person typed after `/dragonfly`: quoted words, `key=value`, `--flag` and `--flag=value`. Phones turn
 * straight quotes and double dashes into typographic ones and spaces into non-breaking ones; they are turned back.
 */
export function parseCommandLine(text: string): CommandLine {
  const straight = text
    .normalize("NFC")
    .replace(/[\u201c\u201d\u201e]/g, '"')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/(^|\s)[\u2013\u2014](?=\w)/g, "$1--")
    .replace(/[\u00a0\u2007\u202f]/g, " ");
  const [first, ...rest] = split(straight);
  const positionals: string[] = [];
  const named: Record<string, string | true> = {};
  const places = new Map<string, number>();
  let open: string | undefined;
  for (const word of rest) {
    const flag = /^--([\w-]+)(?:=(.*))?$/s.exec(word);
    const pair = /^([A-Za-z][\w-]*)=(.*)$/s.exec(word);
    if (flag !== null) named[flag[1] ?? ""] = flag[2] ?? true;
    else if (pair !== null) named[pair[1] ?? ""] = pair[2] ?? "";
    else {
      if (open !== undefined) places.set(open, positionals.length);
      positionals.push(word);
    }
    open = flag !== null && flag[2] === undefined ? flag[1] : undefined;
  }
  const following = Object.fromEntries([...places].map(([name, place]) => [name, positionals.length - place]));
  const { share, ...others } = named;
  return {
    word: first?.toLowerCase(),
    positionals,
    named: others,
    following,
    share: share === true || share === "true",
  };
}

function split(text: string): readonly string[] {
  const words = text.match(/(?:[^\s"']+|"[^"]*"?|'[^']*'?)+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"?|'([^']*)'?/g, (_, double, single) => double ?? single ?? ""));
}
