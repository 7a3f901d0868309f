/**
 * Slack's mrkdwn as plain data. Only what an app can send is read: `&lt;` is the character and never markup, so text
 * that an app has escaped stays as harmless here as it is in Slack.
 * Source: https://docs.slack.dev/messaging/formatting-message-text
 */
export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bold" | "italic" | "strike"; readonly children: readonly Inline[] }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "link"; readonly url: string; readonly text: string }
  | { readonly kind: "user" | "channel" | "group"; readonly id: string; readonly label: string }
  | { readonly kind: "broadcast"; readonly name: string }
  | { readonly kind: "date"; readonly seconds: number; readonly format: string; readonly fallback: string }
  | { readonly kind: "emoji"; readonly name: string };

export type Part =
  | { readonly kind: "text" | "quote"; readonly children: readonly Inline[] }
  | { readonly kind: "fence"; readonly text: string };

export interface MrkdwnOptions {
  /** Make links of bare addresses, as Slack does unless the text object is `verbatim`. */
  readonly autolink: boolean;
  /** Whether a shortcode is a known emoji; any other `:word:` stays text. */
  readonly isEmoji: (name: string) => boolean;
}

/** Fences, quotes and the text between them, in order. */
export function parseMrkdwn(text: string, options: MrkdwnOptions): readonly Part[] {
  const parts: Part[] = [];
  let rest = text;
  while (rest !== "") {
    const fence = /```\n?([\s\S]*?)\n?```\n?/.exec(rest);
    const before = fence === null ? rest : rest.slice(0, fence.index);
    parts.push(...textParts(before, options, fence !== null));
    if (fence === null) break;
    parts.push({ kind: "fence", text: decode(unlinked(fence[1] ?? "")) });
    rest = rest.slice(fence.index + fence[0].length);
  }
  return parts;
}

/** Neighbouring lines of a kind together: quoted (`>` or `&gt;` at the line's start) or not. */
function textParts(text: string, options: MrkdwnOptions, beforeFence: boolean): readonly Part[] {
  const groups: { kind: "text" | "quote"; lines: string[] }[] = [];
  const lines = text.split("\n");
  // A fence is a block of its own: the line break before it would show as an empty line.
  if (beforeFence && lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const kind = quoted === null ? "text" : "quote";
    const shown = quoted?.[1] ?? line;
    const last = groups.at(-1);
    if (last?.kind === kind) last.lines.push(shown);
    else groups.push({ kind, lines: [shown] });
  }
  return groups
    .map(({ kind, lines: own }) => ({ kind, children: parseInline(own.join("\n"), options) }))
    .filter(({ children }) => children.length > 0);
}

/** Formatting within lines. */
export function parseInline(text: string, options: MrkdwnOptions): readonly Inline[] {
  const nodes: Inline[] = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain !== "") nodes.push({ kind: "text", text: decode(plain) });
    plain = "";
  };
  while (at < text.length) {
    const found = nodeAt(text, at, options);
    if (found === undefined) {
      plain += text.charAt(at);
      at += 1;
      continue;
    }
    flush();
    nodes.push(found.node);
    at = found.end;
  }
  flush();
  return nodes;
}

interface Found {
  readonly node: Inline;
  readonly end: number;
}

function nodeAt(text: string, at: number, options: MrkdwnOptions): Found | undefined {
  switch (text.charAt(at)) {
    case "`":
      return codeAt(text, at);
    case "<":
      return angleAt(text, at);
    case ":":
      return emojiAt(text, at, options);
    case "*":
      return styledAt(text, at, "bold", options);
    case "_":
      return styledAt(text, at, "italic", options);
    case "~":
      return styledAt(text, at, "strike", options);
    case "h":
      return options.autolink ? addressAt(text, at) : undefined;
    default:
      return undefined;
  }
}

function codeAt(text: string, at: number): Found | undefined {
  const match = matchAt(/`([^`\n]+)`/y, text, at);
  if (match === undefined) return undefined;
  return { node: { kind: "code", text: decode(unlinked(match[1] ?? "")) }, end: at + match[0].length };
}

function emojiAt(text: string, at: number, { isEmoji }: MrkdwnOptions): Found | undefined {
  const match = matchAt(/:([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?/y, text, at);
  const name = match?.[1];
  if (match === undefined || name === undefined || !isEmoji(name)) return undefined;
  return { node: { kind: "emoji", name }, end: at + match[0].length };
}

function addressAt(text: string, at: number): Found | undefined {
  if (isWord(text.charAt(at - 1))) return undefined;
  const match = matchAt(/https?:\/\/[^\s<>|`*]+[^\s<>|`*.,;:!?)\]}'"]/y, text, at);
  if (match === undefined) return undefined;
  const url = decode(match[0]);
  return { node: { kind: "link", url, text: url }, end: at + match[0].length };
}

/** A marker opens after a non-word and before a non-space, and closes the other way round, on the same line. */
function styledAt(
  text: string,
  at: number,
  kind: "bold" | "italic" | "strike",
  options: MrkdwnOptions,
): Found | undefined {
  const marker = text.charAt(at);
  const next = text.charAt(at + 1);
  if (isWord(text.charAt(at - 1)) || next === "" || /\s/.test(next) || next === marker) return undefined;
  for (let end = at + 1; end < text.length && text.charAt(end) !== "\n"; end += 1) {
    const skipped = text.charAt(end) === "`" ? codeAt(text, end) : angleAt(text, end);
    if (skipped !== undefined) {
      end = skipped.end - 1;
      continue;
    }
    const closes = text.charAt(end) === marker && !/\s/.test(text.charAt(end - 1)) && !isWord(text.charAt(end + 1));
    if (closes && end > at + 1)
      return { node: { kind, children: parseInline(text.slice(at + 1, end), options) }, end: end + 1 };
  }
  return undefined;
}

/** `<…>`: links, mentions and dates. */
function angleAt(text: string, at: number): Found | undefined {
  if (text.charAt(at) !== "<") return undefined;
  const match = matchAt(/<([^<>\n|]+)(?:\|([^<>\n]*))?>/y, text, at);
  const target = match?.[1];
  if (match === undefined || target === undefined) return undefined;
  const node = angleNode(target, decode(match[2] ?? ""));
  return node === undefined ? undefined : { node, end: at + match[0].length };
}

function angleNode(target: string, label: string): Inline | undefined {
  const mention = /^(@|#|!subteam\^)([A-Z0-9]+)$/.exec(target);
  if (mention !== null) {
    const kind = mention[1] === "@" ? "user" : mention[1] === "#" ? "channel" : "group";
    return { kind, id: mention[2] ?? "", label };
  }
  const date = /^!date\^(\d+)\^([^^]+)(?:\^.*)?$/.exec(target);
  if (date !== null) return { kind: "date", seconds: Number(date[1]), format: decode(date[2] ?? ""), fallback: label };
  const broadcast = /^!(here|channel|everyone)$/.exec(target);
  if (broadcast !== null) return { kind: "broadcast", name: broadcast[1] ?? "" };
  const url = decode(target);
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? { kind: "link", url, text: label === "" ? url : label } : undefined;
}

/** Slack shows the words of a link inside code, and no link. */
function unlinked(text: string): string {
  return text
    .replace(/<(?:https?:\/\/|mailto:)[^<>|\n]*\|([^<>\n]*)>/g, "$1")
    .replace(/<(https?:\/\/[^<>\n]*)>/g, "$1");
}

function decode(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
