/**
 * Fields of an object, as FieldsV1 writes them: `f:` a key of a map, `k:` the item of a list that has these keys, `v:` a value of a set.
 * `.` says that the field itself is among them; where nothing is below it, it is.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/fields-v1-v1/
 */
export interface FieldSet {
  readonly [step: string]: FieldSet;
}

/** Undefined: no fields at all. */
export type Fields = FieldSet | undefined;

const itself = ".";
const nothingBelow: FieldSet = {};

export function fieldSet(holdsItself: boolean, below: Iterable<readonly [string, Fields]>): Fields {
  const set: Record<string, FieldSet> = {};
  const inOrder = [...below].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [step, fields] of inOrder) if (fields !== undefined) set[step] = fields;
  if (Object.keys(set).length === 0) return holdsItself ? nothingBelow : undefined;
  return holdsItself ? { [itself]: nothingBelow, ...set } : set;
}

export function holdsItself(fields: Fields): boolean {
  return fields !== undefined && (itself in fields || Object.keys(fields).length === 0);
}

export function below(fields: Fields): readonly (readonly [string, FieldSet])[] {
  return Object.entries(fields ?? {}).filter(([step]) => step !== itself);
}

export const union = (a: Fields, b: Fields): Fields => combine(a, b, (inA, inB) => inA || inB);
export const intersection = (a: Fields, b: Fields): Fields => combine(a, b, (inA, inB) => inA && inB);
export const without = (a: Fields, b: Fields): Fields => combine(a, b, (inA, inB) => inA && !inB);

function combine(a: Fields, b: Fields, keeps: (inA: boolean, inB: boolean) => boolean): Fields {
  const steps = new Set([...below(a), ...below(b)].map(([step]) => step));
  return fieldSet(
    keeps(holdsItself(a), holdsItself(b)),
    [...steps].map((step) => [step, combine(a?.[step], b?.[step], keeps)]),
  );
}

/** `.spec.ports[port=6379,protocol="TCP"].name`: as the API server names the fields of a conflict. */
export function pathsOf(fields: Fields, at = ""): readonly string[] {
  const inside = below(fields).flatMap(([step, set]) => pathsOf(set, at + pathStep(step)));
  return holdsItself(fields) ? [at, ...inside] : inside;
}

function pathStep(step: string): string {
  const rest = step.slice(2);
  if (step.startsWith("f:")) return `.${rest}`;
  if (step.startsWith("v:")) return `[=${rest}]`;
  const keys = Object.entries(Object(JSON.parse(rest)));
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
}
