import { idOf, nameOfObject, type ObjectId, sameObject } from "../../../manifests/manifest.ts";
import type { LiveObject } from "../../../platform/live-object.ts";
import type { Reading } from "../../../platform/reading.ts";
import type { Finding } from "../../../reports/model.ts";
import { checkOf, criteria, listed } from "../check.ts";
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
      [kustomization, built, together(built, lists)],
      ({ inventory }, { objects }, live) => {
        const kept = objects.map(idOf);
        const isKept = (id: ObjectId) => kept.some((one) => sameObject(one, id));
        if (inventory === undefined) return { holds: undefined, found: "Flux has no inventory of it" };
        const ids = [...inventory.flatMap(inventoryId), ...live.flatMap((one) => labelled(one, name, flux))];
        const left = [...new Set(ids.filter((id) => !isKept(id)).map(nameOfObject))];
        return { holds: left.length === 0, found: listed(left.slice(0, mostNames)), output: listed(left) };
      },
    ),
  ];
}

const mostNames = 5;

interface Listed {
  readonly group: string;
  readonly kind: string;
  readonly objects: readonly LiveObject[];
}

/** All lists as one reading, which fails with the first of them. */
function together(built: Reading<unknown>, lists: DriftObservation["lists"]): Reading<readonly Listed[]> {
  const failed = lists.map(({ found }) => found).find((found) => !found.ok);
  if (failed !== undefined && !failed.ok) return failed;
  const value = lists.flatMap(({ kind, found }) => {
    const group = kind.apiVersion.includes("/") ? kind.apiVersion.replace(/\/.*/, "") : "";
    return found.ok ? [{ group, kind: kind.kind, objects: found.value }] : [];
  });
  const first = lists[0]?.found ?? built;
  return { ...first, ok: true, value };
}

function labelled({ group, kind, objects }: Listed, name: string, flux: string): readonly ObjectId[] {
  return objects.flatMap(({ labels, owned, ...one }) => {
    const applied =
      labels["kustomize.toolkit.fluxcd.io/name"] === name && labels["kustomize.toolkit.fluxcd.io/namespace"] === flux;
    // What another object made may carry its labels.
    return applied && !owned ? [{ group, kind, namespace: one.namespace, name: one.name }] : [];
  });
}

/** `<namespace>_<name>_<group>_<kind>`, a colon in the name written as two underscores. Source: https://github.com/fluxcd/cli-utils, pkg/object */
function inventoryId(id: string): readonly ObjectId[] {
  const [, namespace = "", name = "", group = "", kind = ""] = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id) ?? [];
  if (kind === "") return [];
  return [{ group, kind, namespace: namespace === "" ? undefined : namespace, name: name.replaceAll("__", ":") }];
}
