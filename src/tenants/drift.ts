import { parseQuantity } from "../platform/quantity.ts";

/** A field that Git has and the cluster does not have, or has otherwise. */
export interface FieldDrift {
  /** `spec.resources.limits.memory` */
  readonly path: string;
  readonly desired: unknown;
  /** Undefined: it is not there. */
  readonly live: unknown;
}

/**
 * Fields of an object in Git that differ from the live one. What the cluster adds (status, defaults, labels) is no drift; the same
 * quantity written otherwise is none either.
 */
export function driftOf(desired: unknown, live: unknown): readonly FieldDrift[] {
  return compare(desired, live, "");
}

function compare(desired: unknown, live: unknown, path: string): readonly FieldDrift[] {
  if (Array.isArray(desired)) return compareLists(desired, live, path);
  if (isRecord(desired)) {
    const there = isRecord(live) ? live : {};
    const fields = Object.entries(desired).filter(([, value]) => value !== undefined);
    if (fields.length === 0) return live === undefined || isRecord(live) ? [] : [{ path, desired, live }];
    return fields.flatMap(([key, value]) =>
      compare(value, Object.hasOwn(there, key) ? there[key] : undefined, join(path, key)),
    );
  }
  return same(desired, live) ? [] : [{ path, desired, live }];
}

/** Things with a name are told by it, whatever their order; anything else by its place. */
function compareLists(desired: readonly unknown[], live: unknown, path: string): readonly FieldDrift[] {
  const there = Array.isArray(live) ? live : [];
  if (desired.length !== there.length) return [{ path, desired, live }];
  return desired.flatMap((item, index) => {
    const name = nameOf(item);
    const other = name === undefined ? there[index] : there.find((candidate) => nameOf(candidate) === name);
    return compare(item, other, `${path}[${name ?? index}]`);
  });
}

function same(desired: unknown, live: unknown): boolean {
  if (desired === live) return true;
  // An empty value is what the API server leaves out.
  if ((desired === null || desired === false || desired === "") && live === undefined) return true;
  if (typeof desired === "object" || typeof live === "object" || live === undefined) return false;
  const [a, b] = [parseQuantity(String(desired)), parseQuantity(String(live))];
  return a === undefined || b === undefined ? String(desired) === String(live) : a === b;
}

function nameOf(item: unknown): string | undefined {
  return isRecord(item) && typeof item["name"] === "string" ? item["name"] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
