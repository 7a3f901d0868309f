import { idOf, nameOfObject, type ObjectId, sameObject } from "../../../manifests/manifest.ts";
import type { LiveObject, ObjectKind } from "../../../platform/live-object.ts";
import type { Finding } from "../../../reports/model.ts";
import { checkOf, criteria, listed } from "../check.ts";
import { shown } from "../shown.ts";
import type { DriftObservation } from "./observe.ts";

/**
 * Whether something is left that Flux applied and Git no longer has: by Flux's inventory, and, because what a Kustomization with
 * `prune: false` drops is in no inventory, by the labels that Flux gives to all that it applies.
 */
export function verifyLeftovers(
  { name, kustomization, built, lists }: DriftObservation,
  flux: string,
): readonly Finding[] {
  // The cluster's own folder is read from Git, and may be applied by other means.
  if (name === undefined) return [];
  return [
    checkOf(
      {
        id: `drift.${name}.pruned`,
        criterion: criteria.drift,
        what: `Leftovers of ${name}`,
        expected: "nothing in the cluster that Flux applied and Git no longer has",
      },
      [
        shown(kustomization, ({ inventory }) => (inventory ?? ["no inventory"]).join("\n")),
        shown(built, ({ objects }) => objects.map((one) => nameOfObject(idOf(one))).join("\n") || "no objects"),
        ...lists.map(({ kind, found }) =>
          shown(
            found,
            (live) => labelled(kind, live, name, flux).map(nameOfObject).join("\n") || "none with its label",
          ),
        ),
      ] as const,
      ({ inventory }, { objects }) => {
        const kept = objects.map(idOf);
        const isKept = (id: ObjectId) => kept.some((one) => sameObject(one, id));
        if (inventory === undefined) return { holds: undefined, found: "Flux has no inventory of it" };
        const live = lists.flatMap(({ kind, found }) => (found.ok ? labelled(kind, found.value, name, flux) : []));
        const ids = [...inventory.flatMap(inventoryId), ...live];
        const left = [...new Set(ids.filter((id) => !isKept(id)).map(nameOfObject))];
        const more = left.length > mostNames ? `, and ${left.length - mostNames} more` : "";
        return { holds: left.length === 0, found: `${listed(left.slice(0, mostNames))}${more}` };
      },
    ),
  ];
}

const mostNames = 5;

/** Those that carry the label of this Kustomization. */
function labelled(kind: ObjectKind, all: readonly LiveObject[], name: string, flux: string): readonly ObjectId[] {
  return all.flatMap((one) => {
    const { labels, owned } = one;
    const applied =
      labels["kustomize.toolkit.fluxcd.io/name"] === name && labels["kustomize.toolkit.fluxcd.io/namespace"] === flux;
    // What another object made may carry its labels.
    return applied && !owned ? [objectId(kind, one)] : [];
  });
}

/** `<namespace>_<name>_<group>_<kind>`, a colon in the name written as two underscores. Source: https://github.com/fluxcd/cli-utils, pkg/object */
function inventoryId(id: string): readonly ObjectId[] {
  const [, namespace = "", name = "", group = "", kind = ""] = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id) ?? [];
  if (kind === "") return [];
  return [{ group, kind, namespace: namespace === "" ? undefined : namespace, name: name.replaceAll("__", ":") }];
}

export function objectId({ apiVersion, kind }: ObjectKind, { namespace, name }: LiveObject): ObjectId {
  return { group: apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "", kind, namespace, name };
}
