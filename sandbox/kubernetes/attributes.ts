import type { IncomingMessage } from "node:http";
import type { Attributes, User } from "./rbac.ts";
import type { Target } from "./request.ts";
import { apiError } from "./status.ts";

export type ObjectTarget = Extract<Target, { kind: "object" }>;

/** Who asks. Throws 401 for a token that is missing, unknown or expired. */
export function authenticate(request: IncomingMessage, users: readonly User[]): User {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const user = users.find((candidate) => candidate.token === token);
  if (user === undefined || (user.expiresAt !== undefined && user.expiresAt <= new Date()))
    throw apiError(401, "Unauthorized", "Unauthorized");
  // A service account is in two groups more: of all of them, and of those in its namespace.
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user.name) ?? [];
  const accounts = namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return { ...user, groups: [...new Set([...user.groups, ...accounts, "system:authenticated"])] };
}

export function isWatch(query: URLSearchParams): boolean {
  return /^(true|1)$/.test(query.get("watch") ?? "");
}

/**
 * What a request is to the authoriser. A list or watch of one name by field selector counts as that name, and a
 * namespace is in itself.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */
export function attributesOf(request: IncomingMessage, target: ObjectTarget, url: URL): Attributes {
  const collection = isWatch(url.searchParams) ? "watch" : "list";
  const verbs: Readonly<Record<string, string>> = {
    GET: target.name === undefined || collection === "watch" ? collection : "get",
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: target.name === undefined ? "deletecollection" : "delete",
  };
  const verb = verbs[request.method ?? ""] ?? "unknown";
  const selected = ["list", "watch", "deletecollection"].includes(verb)
    ? /(?:^|,)metadata\.name==?([^,]+)/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1]
    : undefined;
  const isNamespace = target.type.group === "" && target.type.plural === "namespaces";
  return {
    verb,
    group: target.type.group,
    resource: target.type.plural,
    subresource: target.subresource,
    namespace: isNamespace ? target.name : target.namespace,
    name: target.name ?? selected,
  };
}
