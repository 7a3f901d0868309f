import { isNode, isScalar, isSeq, type Node, visit, type YAMLSeq } from "yaml";
import { notAsExpected } from "../tree.ts";
import {
  extent,
  type Found,
  find,
  inline,
  lineEnd,
  lineStart,
  placeOf,
  type Spot,
  withLine,
  withoutLines,
} from "./source.ts";

/** The texts in a list; nothing behind the key is an empty list. */
export function itemsOf(spot: Spot): readonly string[] {
  const { node } = find(spot);
  return sequence(node, spot)?.items.map((item) => (isScalar(item) ? String(item.value) : "")) ?? [];
}

/** The YAML text with an item at the end of a list, every other byte as it was. The same text when the item is there. */
export function addItem(spot: Spot, item: string): string {
  const { text } = spot;
  const found = find(spot);
  const list = sequence(found.node, spot);
  if (itemsOf(spot).includes(item)) return text;
  const last = list?.items.at(-1);
  if (list === undefined || !isNode(last)) return addFirst(spot, found, list, item);
  const [, end] = extent(last, spot);
  if (list.flow === true) return addToFlow(spot, list, end, item);
  return withLine(text, lineEnd(text, end), `${indentOfItem(spot, last)}- ${inline(item)}`);
}

/** The YAML text without an item, every other byte as it was; comments stay. The same text when there is no such item. */
export function removeItem(spot: Spot, item: string): string {
  const { text } = spot;
  const found = find(spot);
  const list = sequence(found.node, spot);
  const index = list?.items.findIndex((one) => isScalar(one) && String(one.value) === item) ?? -1;
  const node = list?.items[index];
  if (list === undefined || !isNode(node)) return text;
  const [start, end] = extent(node, spot);
  if (list.flow === true) return removeFromFlow(spot, list, index);
  indentOfItem(spot, node);
  const without = withoutLines(text, lineStart(text, start), lineEnd(text, end));
  if (list.items.length > 1) return without;
  const colon = colonAfter(spot, found);
  return `${without.slice(0, colon)} []${without.slice(colon)}`;
}

function sequence(node: Node | null, spot: Spot): YAMLSeq | undefined {
  if (isSeq(node)) return node;
  if (node === null || (isScalar(node) && node.value === null)) return undefined;
  throw notAsExpected(spot.file, `${placeOf(spot)} is not a list`);
}

/** The first item of a list that was empty: `[]` goes, and the item gets a line of its own. */
function addFirst(spot: Spot, found: Found, list: YAMLSeq | undefined, item: string): string {
  const { text } = spot;
  const value = inline(item);
  if (list !== undefined && found.inFlow) {
    const [start] = extent(list, spot);
    return `${text.slice(0, start + 1)}${value}${text.slice(start + 1)}`;
  }
  const colon = colonAfter(spot, found);
  const bare = list === undefined ? text : text.slice(0, colon) + text.slice(extent(list, spot)[1]);
  return withLine(bare, lineEnd(bare, colon), `${indentForList(spot, found)}- ${value}`);
}

function addToFlow({ text }: Spot, list: YAMLSeq, end: number, item: string): string {
  const close = text.slice(end, list.range?.[1]);
  const comma = close.indexOf(",");
  const value = inline(item);
  if (comma === -1) return `${text.slice(0, end)}, ${value}${text.slice(end)}`;
  return `${text.slice(0, end + comma + 1)} ${value},${text.slice(end + comma + 1)}`;
}

function removeFromFlow(spot: Spot, list: YAMLSeq, index: number): string {
  const ends = list.items.filter(isNode).map((node) => extent(node, spot));
  const [start = 0, end = 0] = ends[index] ?? [];
  const from = index > 0 ? (ends[index - 1]?.[1] ?? start) : start;
  const to = index > 0 ? end : (ends[1]?.[0] ?? end);
  return spot.text.slice(0, from) + spot.text.slice(to);
}

/** The blanks before an item's dash. */
function indentOfItem(spot: Spot, item: Node): string {
  const { text } = spot;
  const [start] = extent(item, spot);
  const before = text.slice(lineStart(text, start), start);
  const indent = /^( *)-\s+$/.exec(before)?.[1];
  if (indent === undefined)
    throw notAsExpected(spot.file, `${placeOf(spot)} does not have each item on a line of its own`);
  return indent;
}

/** The place right behind the colon of a list's key. */
function colonAfter(spot: Spot, { key }: Found): number {
  if (key === undefined) throw notAsExpected(spot.file, `${placeOf(spot)} is a list in a list`);
  const [, end] = extent(key, spot);
  return spot.text.indexOf(":", end) + 1;
}

/** Blanks for the items of a list that has none yet, in the style of the document's other lists. */
function indentForList(spot: Spot, { key, document }: Found): string {
  const { text } = spot;
  const column = (at: number) => at - lineStart(text, at);
  let deeper: number | undefined;
  visit(document, {
    Pair: (_, pair) => {
      if (!isNode(pair.key) || !isSeq(pair.value) || pair.value.flow === true) return undefined;
      deeper = column(extent(pair.value, spot)[0]) - column(extent(pair.key, spot)[0]);
      return visit.BREAK;
    },
  });
  const at = key === undefined ? 0 : column(extent(key, spot)[0]);
  return " ".repeat(at + (deeper ?? 2));
}
