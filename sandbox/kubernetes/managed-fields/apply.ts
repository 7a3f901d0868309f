import type { KubeObject } from "../kube-object.ts";
import { apiError } from "../status.ts";
import { differenceOf, fieldsOf, isMap, partsOf } from "./compare.ts";
import { type Fields, holdsItself, intersection, pathsOf, union, without } from "./field-set.ts";
import { entryWith, inOrder, isSameManager, type ManagedFields, ownable, sameEntries, timeNow } from "./ownership.ts";
import type { Topology } from "./topology.ts";

export interface Applier {
  readonly manager: string;
  /** Takes over what others own, instead of a conflict. */
  readonly force: boolean;
  /** Empty for the object itself. */
  readonly subresource: string;
}

/**
 * The object after a server-side apply, with its managed fields: what is applied lies over what is there, what the same manager has
 * applied before and no longer does is gone where nobody else owns it. Throws 409 for values that others own, unless forced.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function appliedTo(
  live: KubeObject | undefined,
  config: KubeObject,
  topology: Topology,
  { manager, force, subresource }: Applier,
): KubeObject {
  const wanted = ownable(config);
  const fields = allFieldsOf(wanted, topology);
  const { apiVersion } = config;
  const own = { manager, operation: "Apply", apiVersion, ...(subresource === "" ? {} : { subresource }) } as const;
  if (live === undefined) return withOwners(config, entryWith({ ...own, time: timeNow() }, fields));
  const before = ownable(live);
  const entries = live.metadata.managedFields ?? beforeFirstApply(live, allFieldsOf(before, topology));
  const mine = entries.find((entry) => isSameManager(entry, own));
  const others = entries.filter((entry) => entry !== mine);
  const claimed = others.reduce<Fields>((all, { fieldsV1 }) => union(all, fieldsV1), fields);
  const after = pruned(merged(before, wanted, topology), topology, mine?.fieldsV1, claimed);
  const { changed, removed } = differenceOf(before, after, topology);
  if (!force) refuseConflicts(others, changed);
  const lost = union(changed, removed);
  const left = others.flatMap((entry) => entryWith(entry, without(entry.fieldsV1, lost)));
  const same = lost === undefined && sameEntries(entryWith({ ...own, time: mine?.time }, fields), mine ? [mine] : []);
  const time = same ? mine?.time : timeNow();
  const { metadata, ...content } = isMap(after) ? after : {};
  const kept = Object.entries(live.metadata).filter(([key]) => !(key in Object(before.metadata)));
  const object = {
    ...content,
    apiVersion,
    kind: live.kind,
    metadata: { ...Object.fromEntries(kept), ...Object(metadata) },
  };
  return withOwners(object, inOrder([...left, ...entryWith({ ...own, time }, fields)]));
}

/** The metadata as such is nobody's. */
function allFieldsOf(content: unknown, topology: Topology): Fields {
  return without(fieldsOf(content, topology), { "f:metadata": {} });
}

function withOwners(object: KubeObject, managedFields: readonly ManagedFields[]): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** Who made an object that nobody has applied yet is not known: that is a manager, too. */
function beforeFirstApply({ apiVersion }: KubeObject, fields: Fields): readonly ManagedFields[] {
  return entryWith({ manager: "before-first-apply", operation: "Update", apiVersion, time: timeNow() }, fields);
}

function merged(live: unknown, wanted: unknown, topology: Topology): unknown {
  if (wanted === undefined) return live;
  const [old, now] = [partsOf(live, topology), partsOf(wanted, topology)];
  if (old === undefined || now === undefined) return wanted;
  const steps = [...new Set([...old.keys(), ...now.keys()])];
  return rebuilt(
    wanted,
    steps.map((step) => {
      const [was, is] = [old.get(step), now.get(step)];
      return [step, merged(was?.value, is?.value, (is ?? was)?.topology ?? topology)];
    }),
  );
}

/** Without what was applied before and what nobody claims. */
function pruned(value: unknown, topology: Topology, before: Fields, claimed: Fields): unknown {
  if (before === undefined) return value;
  if (holdsItself(before) && claimed === undefined) return undefined;
  const parts = partsOf(value, topology);
  if (parts === undefined || parts.size === 0) return value;
  const left = [...parts].flatMap(([step, part]) => {
    const inside = pruned(part.value, part.topology, before[step], claimed?.[step]);
    return inside === undefined ? [] : [[step, inside] as const];
  });
  return left.length === 0 ? undefined : rebuilt(value, left);
}

function rebuilt(like: unknown, parts: readonly (readonly [string, unknown])[]): unknown {
  if (Array.isArray(like)) return parts.map(([, value]) => value);
  return Object.fromEntries(parts.map(([step, value]) => [step.slice(2), value]));
}

function refuseConflicts(others: readonly ManagedFields[], changed: Fields): void {
  const conflicts = others.flatMap((entry) =>
    pathsOf(intersection(entry.fieldsV1, changed)).map((path) => ({ path, who: wordsOf(entry) })),
  );
  const [first] = conflicts;
  if (first === undefined) return;
  const causes = conflicts.map(({ path, who }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${who}`,
    field: path,
  }));
  const byManager = Object.entries(Object.groupBy(conflicts, ({ who }) => who)).map(
    ([who, paths = []]) => `conflicts with ${who}:\n${paths.map(({ path }) => `- ${path}`).join("\n")}`,
  );
  const words =
    conflicts.length === 1
      ? `1 conflict: conflict with ${first.who}: ${first.path}`
      : `${conflicts.length} conflicts: ${byManager.toSorted().join("\n")}`;
  throw apiError(409, "Conflict", `Apply failed with ${words}`, { causes });
}

function wordsOf({ manager, operation, apiVersion, subresource }: ManagedFields): string {
  const name = `"${manager}"${subresource === undefined ? "" : ` with subresource "${subresource}"`}`;
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
