import { closedPaths, isClosed, isFilledIn } from "./closed.ts";
import { type Fields, hasFields, isFields, pathOf, type Step, valueAt } from "./field-path.ts";
import { itemKeys, sameValue } from "./notation.ts";

/** A field that the cluster has otherwise than Git. */
export interface FieldDrift {
  /** `spec.resources.limits.memory` */
  readonly path: string;
  readonly steps: readonly Step[];
  /** Undefined: Git does not have it. */
  readonly desired: unknown;
  /** Undefined: it is not there. */
  readonly live: unknown;
}

/** Which rules hold for a kind. */
interface Rules {
  readonly kind: string;
  /** Of Kubernetes itself, so that the API server leaves out what is empty. */
  readonly builtIn: boolean;
}

/**
 * Fields of a part of an object in Git that the live one has otherwise. What the cluster adds (status, defaults, labels) is no drift; the
 * same quantity written otherwise is none either.
 */
export function driftOf(desired: unknown, live: unknown): readonly FieldDrift[] {
  return compare(desired, live, [], { kind: "", builtIn: false });
}

const builtInGroup = /^[^/.]*\/v\d|^v1$|\.k8s\.io\//;

/** The same of a whole object, with what somebody added where nobody but Git adds. Its status, and what the API server keeps of it, are left out. */
export function driftOfObject(desired: Fields, live: Fields): readonly FieldDrift[] {
  const { apiVersion, kind, metadata, status: _, ...content } = desired;
  const rules = { kind: String(kind), builtIn: builtInGroup.test(String(apiVersion)) };
  const { labels, annotations } = isFields(metadata) ? metadata : {};
  const set = compare({ metadata: { labels, annotations }, ...content }, live, [], rules);
  const added = closedPaths(rules.kind).flatMap((steps) => {
    const value = valueAt(live, steps);
    const known = valueAt(desired, steps) !== undefined || value === undefined || isFilledIn(steps, value);
    return known ? [] : [driftAt(steps, undefined, value)];
  });
  return [...set, ...added];
}

function compare(desired: unknown, live: unknown, steps: readonly Step[], rules: Rules): readonly FieldDrift[] {
  if (sameValue(desired, live, steps, rules.builtIn)) return [];
  if (Array.isArray(desired) && Array.isArray(live)) return compareLists(desired, live, steps, rules);
  // An object that is not there is told by what it would have.
  if (isFields(desired) && (isFields(live) || (live === undefined && Object.keys(desired).length > 0)))
    return compareMaps(desired, live ?? {}, steps, rules);
  return [driftAt(steps, desired, live)];
}

function compareMaps(desired: Fields, live: Fields, steps: readonly Step[], rules: Rules): readonly FieldDrift[] {
  const wanted = Object.entries(desired).filter(([, value]) => value !== undefined);
  const drift = wanted.flatMap(([key, value]) =>
    compare(value, Object.hasOwn(live, key) ? live[key] : undefined, [...steps, key], rules),
  );
  if (!isClosed(rules.kind, steps)) return drift;
  const known = new Set(wanted.map(([key]) => key));
  const added = Object.entries(live).flatMap(([key, value]) => {
    const at = [...steps, key];
    return known.has(key) || isFilledIn(at, value) ? [] : [driftAt(at, undefined, value)];
  });
  return [...drift, ...added];
}

/** Told by their keys, whatever their order, where Kubernetes does so; else by their place. More or fewer are drift of the list. */
function compareLists(
  desired: readonly unknown[],
  live: readonly unknown[],
  steps: readonly Step[],
  rules: Rules,
): readonly FieldDrift[] {
  if (desired.length !== live.length) return [driftAt(steps, desired, live)];
  const keys = itemKeys(desired, steps);
  return desired.flatMap((item, index) => {
    const key = keys?.[index];
    if (key === undefined) return compare(item, live[index], [...steps, index], rules);
    const at = [...steps, key];
    const found = live.find((other) => hasFields(other, key));
    return found === undefined ? [driftAt(at, item, undefined)] : compare(item, found, at, rules);
  });
}

function driftAt(steps: readonly Step[], desired: unknown, live: unknown): FieldDrift {
  return { path: pathOf(steps), steps, desired, live };
}
