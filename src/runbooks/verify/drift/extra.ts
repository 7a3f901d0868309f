import type { Config, InstanceConfig } from "../../../config/file.ts";
import { idOf, nameOfObject, sameObject } from "../../../manifests/manifest.ts";
import type { LiveObject, ObjectKind } from "../../../platform/live-object.ts";
import type { Finding } from "../../../reports/model.ts";
import { check, criteria, listed } from "../check.ts";
import { shown } from "../shown.ts";
import { objectId } from "./leftovers.ts";
import type { DriftObservation } from "./observe.ts";

/**
 * What Kubernetes itself puts into every namespace, without an owner.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/, "kube-root-ca.crt"
 */
const inEveryNamespace = "ConfigMap kube-root-ca.crt";

/**
 * Whether something is in the instance's namespace of a cluster that Git has never had: one more policy, Service, monitor or rule there
 * changes what the instance is, and no comparison of what Git has would see it. What another object made is that one's.
 */
export function verifyExtras(
  all: readonly DriftObservation[],
  cluster: string,
  { namespace }: InstanceConfig,
  { verify }: Config,
): Finding {
  const here = all.filter((one) => one.cluster === cluster);
  const kept = here.flatMap(({ built }) => (built.ok ? built.value.objects.map(idOf) : []));
  const flows = here.flatMap(({ name }) => name ?? []);
  const expected = [inEveryNamespace, ...verify.besideGit];
  const isExtra = (kind: ObjectKind, one: LiveObject) =>
    !one.owned &&
    !expected.includes(`${kind.kind} ${one.name}`) &&
    !kept.some((id) => sameObject(id, objectId(kind, one))) &&
    // What Git no longer has is a leftover, and that Kustomization's.
    !flows.includes(one.labels["kustomize.toolkit.fluxcd.io/name"] ?? "");
  const lists = [
    ...new Map(
      here
        .flatMap((one) => one.lists)
        .filter((list) => list.namespace === namespace)
        .map((list) => [list.kind.plural, list]),
    ).values(),
  ];
  const extras = lists.flatMap(({ kind, found }) =>
    found.ok ? found.value.filter((one) => isExtra(kind, one)).map((one) => nameOfObject(objectId(kind, one))) : [],
  );
  const unread = lists.map(({ found }) => found).find((found) => !found.ok);
  const unbuilt = here.map(({ built }) => built).find((built) => !built.ok);
  // While a folder of Git could not be built, what seems to be extra may be of that one.
  const unsure = extras.length > 0 ? unbuilt : (unread ?? (lists.length === 0 ? unbuilt : undefined));
  const reason = unsure?.ok === false ? unsure.reason : undefined;
  const nothing = lists.length === 0 ? "Git has nothing there" : "none";
  return check({
    id: `drift.${cluster}.extra`,
    criterion: criteria.drift,
    what: `Objects in ${namespace} of ${cluster} that Git has never had`,
    expected: "none of the kinds that are compared, but for those that another object made",
    found: listed(extras, reason === undefined ? nothing : "could not be compared"),
    reason,
    holds: unsure !== undefined || lists.length === 0 ? undefined : extras.length === 0,
    evidence:
      lists.length === 0
        ? here.slice(0, 1).map(({ built }) => shown(built, () => "nothing in this namespace").evidence)
        : lists.map(
            ({ kind, found }) =>
              shown(found, (live) => live.map((one) => lineOf(kind, one, isExtra)).join("\n") || "No resources found")
                .evidence,
          ),
  });
}

function lineOf(kind: ObjectKind, one: LiveObject, isExtra: (kind: ObjectKind, one: LiveObject) => boolean): string {
  return `${nameOfObject(objectId(kind, one))}${one.owned ? ": made by another object" : isExtra(kind, one) ? ": not in Git" : ""}`;
}
