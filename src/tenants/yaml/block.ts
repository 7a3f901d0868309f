import { isScalar, Scalar } from "yaml";
import { notAsExpected } from "../tree.ts";
import { extent, find, lineEnd, lineStart, placeOf, type Spot, withLine, withoutLines } from "./source.ts";

interface Line {
  readonly start: number;
  readonly end: number;
  readonly indent: string;
  /** Without its indentation and its line break. */
  readonly text: string;
}

/** The lines of a text that is written with `|`, without their indentation. */
export function blockLines(spot: Spot): readonly string[] {
  return linesOf(spot).map(({ text }) => text);
}

/** The YAML text with a line put in behind the last line of the block that something holds for; every other byte as it was. */
export function addBlockLine(spot: Spot, line: string, after: (line: string) => boolean): string {
  const before = linesOf(spot).findLast(({ text }) => after(text));
  if (before === undefined) throw notAsExpected(spot.file, `${placeOf(spot)} has no line to put another one behind`);
  return withLine(spot.text, before.end, `${before.indent}${line}`);
}

/** The YAML text without those lines of the block that something holds for; every other byte as it was. */
export function removeBlockLines(spot: Spot, which: (line: string) => boolean): string {
  return linesOf(spot)
    .filter(({ text }) => which(text))
    .reduceRight((text, { start, end }) => withoutLines(text, start, end), spot.text);
}

function linesOf(spot: Spot): readonly Line[] {
  const { text } = spot;
  const { node } = find(spot);
  if (!isScalar(node) || node.type !== Scalar.BLOCK_LITERAL)
    throw notAsExpected(spot.file, `${placeOf(spot)} is not a text written with |`);
  const [start, end] = extent(node, spot);
  const lines: Line[] = [];
  let indent: string | undefined;
  for (let at = lineEnd(text, start); at < end; at = lineEnd(text, at)) {
    const raw = text.slice(at, lineEnd(text, at)).replace(/\r?\n$/, "");
    indent ??= raw.trim() === "" ? undefined : (/^ */.exec(raw)?.[0] ?? "");
    if (indent === undefined) continue;
    lines.push({ start: lineStart(text, at), end: lineEnd(text, at), indent, text: raw.slice(indent.length) });
  }
  return lines;
}
