import { LRUCache } from "lru-cache";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  stringify,
} from "yaml";
import { notAsExpected } from "../tree.ts";

/** A step into a YAML document: a key, a number in a list, or the first item of a list that something holds for. */
export type Step = string | number | ((item: unknown) => boolean);

/** A place in a YAML text. `kind` and `name` choose the document where there are several. */
export interface Spot {
  /** Path of the file, for messages. */
  readonly file: string;
  readonly text: string;
  readonly kind?: string;
  readonly name?: string;
  readonly path: readonly Step[];
}

export interface Found {
  readonly node: Node | null;
  /** The key that the node is the value of; undefined for an item of a list. */
  readonly key: Node | undefined;
  /** Within `{…}` or `[…]`, where line breaks mean nothing. */
  readonly inFlow: boolean;
  readonly document: Document;
}

/** A draft looks at the same few files again and again. Nobody changes a document that was parsed. */
const parsed = new LRUCache<string, readonly Document[]>({
  max: 500,
  maxSize: 4_000_000,
  sizeCalculation: (_, text) => text.length + 1,
});

/** The documents of a YAML text. Throws BotError `tenant.tree` with file and line where it is not YAML. */
export function documentsOf(file: string, text: string): readonly Document[] {
  const documents = parsed.get(text) ?? [...parseAllDocuments(text)];
  parsed.set(text, documents);
  for (const { errors } of documents) {
    const [problem] = errors;
    if (problem !== undefined) throw notAsExpected(file, firstLine(problem.message), problem);
  }
  return documents;
}

const values = new LRUCache<string, readonly unknown[]>({
  max: 500,
  maxSize: 4_000_000,
  sizeCalculation: (_, text) => text.length + 1,
});

/** What the documents of a YAML text say, empty ones as null. Throws as `documentsOf` does, also for aliases that multiply. */
export function valuesOf(file: string, text: string): readonly unknown[] {
  const known = values.get(text);
  if (known !== undefined) return known;
  try {
    const found: readonly unknown[] = documentsOf(file, text).map((document) => document.toJS());
    values.set(text, found);
    return found;
  } catch (error) {
    if (error instanceof ReferenceError) throw notAsExpected(file, error.message, error);
    throw error;
  }
}

/** The node at a spot. Throws BotError `tenant.tree` when there is none. */
export function find(spot: Spot): Found {
  const document = documentsOf(spot.file, spot.text).find((candidate) => isMeant(candidate, spot));
  if (document === undefined)
    throw notAsExpected(spot.file, `it has no ${[spot.kind, spot.name].filter(Boolean).join(" ") || "document"}`);
  let found: Found = {
    node: isNode(document.contents) ? document.contents : null,
    key: undefined,
    inFlow: false,
    document,
  };
  for (const step of spot.path) found = into(found, step, spot);
  if (isAlias(found.node)) throw notAsExpected(spot.file, `${placeOf(spot)} is an alias; write its value out`);
  return found;
}

function isMeant(document: Document, { kind, name }: Spot): boolean {
  return (
    (kind === undefined || document.getIn(["kind"]) === kind) &&
    (name === undefined || document.getIn(["metadata", "name"]) === name)
  );
}

function into({ node, inFlow, document }: Found, step: Step, spot: Spot): Found {
  const flow = inFlow || (isCollection(node) && node.flow === true);
  if (isMap(node) && typeof step === "string") {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
    if (pair !== undefined) return { ...ofPair(pair), inFlow: flow, document };
  } else if (isSeq(node) && typeof step !== "string") {
    const item =
      typeof step === "number"
        ? node.items[step]
        : node.items.find((candidate) => step(isNode(candidate) ? candidate.toJS(document) : undefined));
    if (isNode(item)) return { node: item, key: undefined, inFlow: flow, document };
  }
  throw notAsExpected(spot.file, `it has no ${placeOf(spot)}`);
}

function ofPair({ key, value }: Pair): Pick<Found, "node" | "key"> {
  return { node: isNode(value) ? value : null, key: isNode(key) ? key : undefined };
}

/** `spec.ingress[…].from`, for people. */
export function placeOf({ path, kind }: Spot): string {
  const steps = path.map((step) =>
    typeof step === "string" ? `.${step}` : typeof step === "number" ? `[${step}]` : "[…]",
  );
  return `${steps.join("").slice(1)}${kind === undefined ? "" : ` in the ${kind}`}`;
}

/** Start and end of a node's own text. */
export function extent(node: Node, spot: Spot): readonly [number, number] {
  if (node.range === undefined || node.range === null) throw notAsExpected(spot.file, `${placeOf(spot)} has no place`);
  return [node.range[0], node.range[1]];
}

/** A text as YAML on one line, in quotes only where any reader, old or new, would take it for something else. */
export function inline(value: string): string {
  const line = stringify(value, {
    compat: "yaml-1.1",
    lineWidth: 0,
    defaultStringType: "PLAIN",
    blockQuote: false,
  });
  // Not trimmed: a text may end with a space that Unicode knows and YAML does not.
  return line.replace(/\n$/, "");
}

/** How lines end in a text. */
export function lineBreakOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** Where the line that a position is on begins. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** Where the line that a position is on ends, its line break included. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf("\n", at);
  return found === -1 ? text.length : found + 1;
}

/** A text with a whole line put in at the beginning of a line, or at its end. */
export function withLine(text: string, at: number, line: string): string {
  const lineBreak = lineBreakOf(text);
  const before = text.slice(0, at);
  return before === "" || before.endsWith("\n")
    ? `${before}${line}${lineBreak}${text.slice(at)}`
    : `${before}${lineBreak}${line}${text.slice(at)}`;
}

/** A text without whole lines; the last line takes the line break before it along when it has none of its own. */
export function withoutLines(text: string, start: number, end: number): string {
  const last = end === text.length && !text.endsWith("\n");
  return (last ? text.slice(0, start).replace(/\r?\n$/, "") : text.slice(0, start)) + text.slice(end);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
