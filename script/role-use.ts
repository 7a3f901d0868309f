import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { RecordedCall } from "../sandbox/kubernetes/call-record.ts";
import type { KubeObject } from "../sandbox/kubernetes/object-store.ts";

const names = z.array(z.string());
const rulesSchema = z.array(
  z.strictObject({ apiGroups: names, resources: names, verbs: names, resourceNames: names.default([]) }),
);
const bindingSchema = z.looseObject({
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string() })),
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
});

/** The smallest thing that a role grants. */
export interface Grant {
  readonly cluster: string;
  readonly role: string;
  /** Undefined: in every namespace. */
  readonly namespace: string | undefined;
  readonly verb: string;
  readonly group: string;
  /** `pods/portforward` for a subresource. */
  readonly resource: string;
  readonly name: string | undefined;
}

/** What the bindings of a cluster's manifests grant to one service account, piece by piece. */
export function grantsOf(cluster: string, objects: readonly KubeObject[], account: string): readonly Grant[] {
  return objects
    .filter(({ kind }) => kind === "RoleBinding" || kind === "ClusterRoleBinding")
    .flatMap((binding) => {
      const { subjects, roleRef } = bindingSchema.parse(binding);
      if (!subjects.some(({ namespace, name }) => `${namespace}/${name}` === account)) return [];
      const role = objects.find(
        ({ kind, metadata }) =>
          kind === roleRef.kind &&
          metadata.name === roleRef.name &&
          (kind === "ClusterRole" || metadata.namespace === binding.metadata.namespace),
      );
      if (role === undefined) throw new Error(`${binding.kind} ${binding.metadata.name}: no such ${roleRef.kind}`);
      const namespace = binding.kind === "RoleBinding" ? binding.metadata.namespace : undefined;
      return rulesSchema
        .parse(role["rules"])
        .flatMap((rule) => pieces(rule, { cluster, role: roleRef.name, namespace }));
    });
}

function pieces(
  { apiGroups, resources, verbs, resourceNames }: z.infer<typeof rulesSchema>[number],
  where: Pick<Grant, "cluster" | "role" | "namespace">,
): readonly Grant[] {
  const of = <T>(list: readonly T[], next: (one: T) => readonly Grant[]) => list.flatMap(next);
  const named: readonly (string | undefined)[] = resourceNames.length === 0 ? [undefined] : resourceNames;
  return of(apiGroups, (group) =>
    of(resources, (resource) => of(verbs, (verb) => named.map((name) => ({ ...where, group, resource, verb, name })))),
  );
}

/**
 * The calls, with those in tenants' namespaces counted as made in the shared instance's: a tenant's own folder binds the very
 * same role there. `shipped` are the namespaces that the tree itself has; a tenant's is `dragonfly-<name>` and none of them.
 */
export function withTenantsFolded(
  calls: readonly RecordedCall[],
  shipped: readonly string[],
  shared: string,
): readonly RecordedCall[] {
  return calls.map((call) => {
    const { namespace = "" } = call;
    const isTenants = namespace.startsWith("dragonfly-") && !shipped.includes(namespace);
    return isTenants ? { ...call, namespace: shared } : call;
  });
}

export interface RoleUse {
  /** Calls that nothing grants. */
  readonly missing: readonly RecordedCall[];
  /** Grants that no call used. */
  readonly unused: readonly Grant[];
}

/** Compares what was called with what is granted. */
export function roleUse(calls: readonly RecordedCall[], grants: readonly Grant[]): RoleUse {
  return {
    missing: calls.filter((call) => !grants.some((grant) => covers(grant, call))),
    unused: grants.filter((grant) => !calls.some((call) => covers(grant, call))),
  };
}

function covers(grant: Grant, call: RecordedCall): boolean {
  const resource = call.subresource === undefined ? call.resource : `${call.resource}/${call.subresource}`;
  return (
    grant.cluster === call.cluster &&
    grant.verb === call.verb &&
    grant.group === call.group &&
    grant.resource === resource &&
    (grant.namespace === undefined || grant.namespace === call.namespace) &&
    (grant.name === undefined || grant.name === call.name)
  );
}

/** One sentence a difference. */
export function sentences({ missing, unused }: RoleUse): readonly string[] {
  const what = (one: { verb: string; group: string; namespace?: string | undefined; name?: string | undefined }) =>
    `${one.verb} ${one.group === "" ? "" : `${one.group}/`}`;
  return [
    ...missing.map(
      (call) =>
        `${call.cluster}: no shipped role grants ${what(call)}${call.resource}${call.subresource === undefined ? "" : `/${call.subresource}`} ${call.name ?? ""} in ${call.namespace ?? "all namespaces"}, which the bot called`,
    ),
    ...unused.map(
      (grant) =>
        `${grant.cluster}: role ${grant.role} grants ${what(grant)}${grant.resource}, which the bot never called`,
    ),
  ];
}

/** Reads a record of calls; none when there is no file. */
export function readCalls(path: string): readonly RecordedCall[] {
  if (!existsSync(path)) return [];
  const lines = new Set(readFileSync(path, "utf8").split("\n"));
  lines.delete("");
  return [...lines].map((line) => callSchema.parse(JSON.parse(line)));
}

const optional = z.string().optional();
const callSchema = z.strictObject({
  cluster: z.string(),
  verb: z.string(),
  group: z.string(),
  resource: z.string(),
  subresource: optional,
  namespace: optional,
  name: optional,
}) as z.ZodType<RecordedCall>;
