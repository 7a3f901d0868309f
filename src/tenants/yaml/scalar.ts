import { isScalar, Scalar } from "yaml";
import { notAsExpected } from "../tree.ts";
import { extent, find, inline, placeOf, type Spot } from "./source.ts";

/** The text at a spot as it stands there: `4`, `true`, `2gb`. Throws BotError `tenant.tree` when there is none. */
export function scalarAt(spot: Spot): string {
  const { node } = find(spot);
  if (!isScalar(node)) throw notAsExpected(spot.file, `${placeOf(spot)} is not a plain value`);
  return node.type === Scalar.PLAIN ? (node.source ?? String(node.value)) : String(node.value);
}

/**
 * The YAML text with one value changed and every other byte as it was; quotes stay of the kind they were. A number or a boolean
 * is written as such, a text is quoted where it must be.
 */
export function setScalar(spot: Spot, value: string | number | boolean): string {
  const { node } = find(spot);
  if (!isScalar(node) || node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED)
    throw notAsExpected(spot.file, `${placeOf(spot)} is not a value on one line`);
  const [start, end] = extent(node, spot);
  return spot.text.slice(0, start) + written(value, node.type) + spot.text.slice(end);
}

function written(value: string | number | boolean, type: string | undefined): string {
  if (type === Scalar.QUOTE_SINGLE && !/[^ -~]/.test(String(value))) return `'${String(value).replaceAll("'", "''")}'`;
  if (type === Scalar.QUOTE_SINGLE || type === Scalar.QUOTE_DOUBLE) return JSON.stringify(String(value));
  return typeof value === "string" ? inline(value) : String(value);
}
