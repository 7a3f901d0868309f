import type { FieldManager } from "../../platform/live-object.ts";
import type { FieldDrift } from "./compare.ts";
import { type Fields, hasFields, isFields, pathOf, type Step, valueAt } from "./field-path.ts";

/** Flux's own, which applies what Git has. */
export const fluxManager = "kustomize-controller";
/** A person with a terminal. Controllers write labels and annotations too, and may. */
const person = /^kubectl/;
const unremarkable = /^(kubectl\.kubernetes\.io|reconcile\.fluxcd\.io)\//;

/** Who wrote a field last; undefined when nobody says so, as where a field was taken away. Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managed-fields */
export function writerOf(
  managers: readonly FieldManager[],
  live: unknown,
  steps: readonly Step[],
): FieldManager | undefined {
  return latest(managers.filter(({ fields }) => owns(fields, live, steps)));
}

/** Who set a field of the object last, but for its status and Flux; a hint at most, because who only takes away leaves no entry. */
export function lastStranger(managers: readonly FieldManager[]): FieldManager | undefined {
  return latest(strangers(managers));
}

/** Fields that somebody else than Flux wrote and that Git does not have. */
export function addedByStrangers(
  desired: Fields,
  live: Fields,
  managers: readonly FieldManager[],
): readonly FieldDrift[] {
  const paths = strangers(managers).flatMap(({ name, fields }) => {
    const { "f:metadata": metadata, ...content } = fields;
    const texts = isFields(metadata) && person.test(name) ? metadata : {};
    return [
      ...leaves(content, []),
      ...["labels", "annotations"].flatMap((key) => leaves(texts[`f:${key}`], ["metadata", key])),
    ];
  });
  const added = paths.filter(
    (steps) =>
      valueAt(live, steps) !== undefined &&
      valueAt(desired, steps) === undefined &&
      !steps.some((step) => typeof step === "string" && unremarkable.test(step)),
  );
  const byPath = new Map(added.map((steps) => [pathOf(steps), steps]));
  return [...byPath].map(([path, steps]) => ({ path, steps, desired: undefined, live: valueAt(live, steps) }));
}

function strangers(managers: readonly FieldManager[]): readonly FieldManager[] {
  return managers.filter(({ name, subresource }) => name !== fluxManager && subresource === "");
}

function latest(managers: readonly FieldManager[]): FieldManager | undefined {
  return managers.toSorted((a, b) => (a.at ?? "").localeCompare(b.at ?? "")).at(-1);
}

/** A list or map that is owned as a whole has no fields below it. */
function owns(fields: Fields, live: unknown, steps: readonly Step[]): boolean {
  let node = fields;
  for (const [index, step] of steps.entries()) {
    if (index > 0 && Object.keys(node).length === 0) return true;
    const inside =
      typeof step === "string" ? node[`f:${step}`] : itemOf(node, valueAt(live, steps.slice(0, index + 1)));
    if (!isFields(inside)) return false;
    node = inside;
  }
  return true;
}

/** `k:{"name":"redis"}` */
function itemOf(node: Fields, item: unknown): unknown {
  return Object.entries(node).find(([key]) => key.startsWith("k:") && hasFields(item, keyOf(key)))?.[1];
}

function keyOf(key: string): Fields {
  const parsed: unknown = JSON.parse(key.slice(2));
  return isFields(parsed) ? parsed : {};
}

/** The paths of all fields, of a list that is owned as a whole the list's. Values of a set are its own business. */
function leaves(node: unknown, prefix: readonly Step[]): readonly (readonly Step[])[] {
  if (!isFields(node)) return [];
  const inside = Object.entries(node).filter(([key]) => /^[fk]:/.test(key));
  if (inside.length === 0) return prefix.length === 0 ? [] : [prefix];
  return inside.flatMap(([key, below]) => leaves(below, [...prefix, key.startsWith("f:") ? key.slice(2) : keyOf(key)]));
}
