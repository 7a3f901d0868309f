import { isDeepStrictEqual } from "node:util";
import { type Fields, fieldSet } from "./field-set.ts";
import { impliedKeys, type Topology } from "./topology.ts";

/** What the values of one place of two objects come to, if they are more than one field. */
export type Parts = ReadonlyMap<string, { readonly value: unknown; readonly topology: Topology }>;

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parts of a value that have owners of their own, by their step in FieldsV1; undefined where it is one field. */
export function partsOf(value: unknown, topology: Topology): Parts | undefined {
  if (isMap(value) && topology.map === "keys") {
    const defined = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return new Map(defined.map(([key, inner]) => [`f:${key}`, { value: inner, topology: topology.key(key) }]));
  }
  if (!Array.isArray(value) || topology.list === "whole") return undefined;
  const { list, item } = topology;
  return new Map(value.map((inner) => [stepOf(inner, list), { value: inner, topology: item }]));
}

function stepOf(item: unknown, list: "set" | readonly string[]): string {
  if (list === "set") return `v:${JSON.stringify(item)}`;
  const found = isMap(item) ? item : {};
  const keys = list.map((key) => [key, found[key] ?? impliedKeys[key] ?? null] as const);
  return `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

/** All fields of what somebody applies. */
export function fieldsOf(value: unknown, topology: Topology): Fields {
  const parts = partsOf(value, topology);
  if (parts === undefined || parts.size === 0) return fieldSet(true, []);
  return fieldSet(
    false,
    [...parts].map(([step, part]) => [step, memberFields(step, part, topology)]),
  );
}

/** An item of a list is a field itself, beside what is in it; so is what stands under a key that anybody may choose. */
function memberFields(
  step: string,
  { value, topology }: { readonly value: unknown; readonly topology: Topology },
  holder: Topology,
): Fields {
  const inside = fieldsOf(value, topology);
  return step.startsWith("f:") && !holder.isFree ? inside : fieldSet(true, Object.entries(inside ?? {}));
}

/** Which fields are new or otherwise, and which are gone. */
export interface Difference {
  readonly changed: Fields;
  readonly removed: Fields;
}

const none: Difference = { changed: undefined, removed: undefined };
const field = fieldSet(true, []);

export function differenceOf(before: unknown, after: unknown, topology: Topology): Difference {
  const [old, now] = [partsOf(before, topology), partsOf(after, topology)];
  const isOne = (old?.size ?? 0) === 0 && (now?.size ?? 0) === 0;
  const isComparable = (before === undefined || old !== undefined) && (after === undefined || now !== undefined);
  if (isOne || !isComparable) {
    // Both empty: what is undefined in one and not there in the other is the same.
    if (old !== undefined && now !== undefined && isOne && Array.isArray(before) === Array.isArray(after)) return none;
    if (isDeepStrictEqual(before, after)) return none;
    return after === undefined ? { ...none, removed: field } : { ...none, changed: field };
  }
  const steps = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].map((step) => {
    const [was, is] = [old?.get(step), now?.get(step)];
    const inside = (is ?? was)?.topology ?? topology;
    return { step, ...differenceOf(was?.value, is?.value, inside) };
  });
  return {
    changed: fieldSet(
      before === undefined,
      steps.map(({ step, changed }) => [step, changed]),
    ),
    removed: fieldSet(
      after === undefined,
      steps.map(({ step, removed }) => [step, removed]),
    ),
  };
}
