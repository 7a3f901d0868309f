import { z } from "zod";
import type { KubeObject, ObjectStore } from "./object-store.ts";
import { describe } from "./refusals.ts";
import { type ApiStatus, apiError } from "./status.ts";

export interface User {
  readonly token: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly expiresAt?: Date;
}

export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** `pods/log` has the subresource `log`. */
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const names = z.array(z.string()).prefault([]);
const ruleSchema = z.object({ apiGroups: names, resources: names, verbs: names, resourceNames: names });
const roleSchema = z.object({ rules: z.array(ruleSchema).prefault([]) });
const subjectSchema = z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() });
const bindingSchema = z.object({
  subjects: z.array(subjectSchema).prefault([]),
  roleRef: z.object({ kind: z.string(), name: z.string() }),
});

type Rule = z.infer<typeof ruleSchema>;
type Subject = z.infer<typeof subjectSchema>;

const rbac = "rbac.authorization.k8s.io";

/**
 * Throws 403 in the real server's words unless a binding grants it.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function authorize(store: ObjectStore, user: User, attributes: Attributes): void {
  if (!isAllowed(store, user, attributes)) throw forbidden(user, attributes);
}

/** Whether a binding grants it: what a SelfSubjectAccessReview answers. */
export function isAllowed(store: ObjectStore, user: User, attributes: Attributes): boolean {
  if (user.groups.includes("system:masters")) return true;
  const inNamespace =
    attributes.namespace === undefined ? [] : store.list({ group: rbac, plural: "rolebindings" }, attributes.namespace);
  const bindings = [...store.list({ group: rbac, plural: "clusterrolebindings" }), ...inNamespace];
  return bindings
    .filter((binding) => subjectsOf(binding).some((subject) => isSubject(subject, user)))
    .flatMap((binding) => rulesOf(store, binding))
    .some((rule) => allows(rule, attributes));
}

/** The 403 of the real server. */
export function forbidden(user: User, attributes: Attributes): ApiStatus {
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const scope = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const subject =
    name === undefined ? describe({ group, plural: resource }) : `${describe({ group, plural: resource })} "${name}"`;
  return apiError(
    403,
    "Forbidden",
    `${subject} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${scope}`,
    {
      ...(name === undefined ? {} : { name }),
      ...(group === "" ? {} : { group }),
      kind: resource,
    },
  );
}

function subjectsOf(binding: KubeObject): readonly Subject[] {
  return bindingSchema.parse(binding).subjects;
}

function isSubject(subject: Subject, user: User): boolean {
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  if (subject.kind === "ServiceAccount")
    return user.name === `system:serviceaccount:${subject.namespace}:${subject.name}`;
  return subject.name === user.name;
}

function rulesOf(store: ObjectStore, binding: KubeObject): readonly Rule[] {
  const ref = bindingSchema.parse(binding).roleRef;
  const role =
    ref.kind === "ClusterRole"
      ? store.get({ group: rbac, plural: "clusterroles" }, undefined, ref.name)
      : store.get({ group: rbac, plural: "roles" }, binding.metadata.namespace, ref.name);
  return role === undefined ? [] : roleSchema.parse(role).rules;
}

function allows(rule: Rule, { verb, group, resource, subresource, name }: Attributes): boolean {
  const has = (list: readonly string[], value: string) => list.includes("*") || list.includes(value);
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  // Any kind's subresource may be granted by `*/scale`; a kind does not grant its subresources.
  const covered =
    has(rule.resources, full) || (subresource !== undefined && rule.resources.includes(`*/${subresource}`));
  const named = rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name));
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && covered && named;
}
