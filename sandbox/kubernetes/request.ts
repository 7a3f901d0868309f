import { apiVersionOf, type ResourceType } from "./resources.ts";
import { apiError } from "./status.ts";

/** What a path under /api or /apis means. */
export type Target =
  | { readonly kind: "root" | "groups" | "version" | "health" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "resources"; readonly group: string; readonly version: string }
  | {
      readonly kind: "object";
      readonly type: ResourceType;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
      readonly subresource: string | undefined;
    };

/** Reads a path as the real server does; throws 404 for what is not served. */
export function parseTarget(path: string, served: readonly ResourceType[]): Target {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  const [first, ...rest] = parts;
  if (first === "version" && rest.length === 0) return { kind: "version" };
  if (["healthz", "livez", "readyz"].includes(first ?? "") && rest.length === 0) return { kind: "health" };
  if (first === "api" && rest.length === 0) return { kind: "root" };
  if (first === "apis" && rest.length === 0) return { kind: "groups" };
  if (first === "api") return underVersion("", rest[0] ?? "", rest.slice(1), served);
  if (first === "apis" && rest.length === 1 && served.some(({ group }) => group === rest[0]))
    return { kind: "group", group: rest[0] ?? "" };
  if (first === "apis" && rest.length >= 2) return underVersion(rest[0] ?? "", rest[1] ?? "", rest.slice(2), served);
  throw pageNotFound();
}

function underVersion(
  group: string,
  version: string,
  rest: readonly string[],
  served: readonly ResourceType[],
): Target {
  const types = served.filter((type) => type.group === group && type.version === version);
  if (types.length === 0) throw pageNotFound();
  if (rest.length === 0) return { kind: "resources", group, version };
  // `namespaces/x/status` is a subresource of the namespace, not a kind in it.
  const namespaced = rest[0] === "namespaces" && rest.length >= 3 && !["status", "finalize"].includes(rest[2] ?? "");
  const [plural, name, subresource, ...more] = namespaced ? rest.slice(2) : rest;
  const type = types.find((candidate) => candidate.plural === plural);
  if (type === undefined || more.length > 0 || (namespaced && !type.namespaced)) throw pageNotFound();
  const namespace = namespaced ? rest[1] : undefined;
  if (type.namespaced && namespace === undefined && name !== undefined) throw pageNotFound();
  return { kind: "object", type, namespace, name, subresource };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw apiError(400, "BadRequest", `invalid URL escape in "${part}"`);
  }
}

function pageNotFound() {
  return apiError(404, "NotFound", "the server could not find the requested resource");
}

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** Discovery documents. Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api */
export function discovery(target: Exclude<Target, { kind: "object" }>, served: readonly ResourceType[]): unknown {
  switch (target.kind) {
    case "version":
      return { major: "1", minor: "33", gitVersion: "v1.33.0-sandbox", platform: "linux/amd64" };
    case "health":
      return "ok";
    case "root":
      return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    case "groups": {
      const groups = [...new Set(served.filter((type) => type.group !== "").map((type) => type.group))];
      return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map((name) => groupDocument(name, served)) };
    }
    case "group":
      return { kind: "APIGroup", apiVersion: "v1", ...groupDocument(target.group, served) };
    case "resources":
      return {
        kind: "APIResourceList",
        apiVersion: "v1",
        groupVersion: apiVersionOf(target),
        resources: served
          .filter((type) => type.group === target.group && type.version === target.version)
          .flatMap(resourceDocuments),
      };
  }
}

function groupDocument(name: string, served: readonly ResourceType[]) {
  const versions = [...new Set(served.filter((type) => type.group === name).map((type) => type.version))].map(
    (version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }),
  );
  return { name, versions, preferredVersion: versions[0] };
}

const subresourceVerbs: Readonly<Record<string, readonly string[]>> = {
  log: ["get"],
  portforward: ["create", "get"],
  ephemeralcontainers: ["get", "patch", "update"],
};

function resourceDocuments(type: ResourceType) {
  const base = { singularName: type.kind.toLowerCase(), namespaced: type.namespaced, kind: type.kind };
  if (type.question === true) return [{ name: type.plural, ...base, verbs: ["create"], shortNames: [] }];
  const subresources =
    type.plural === "pods" && type.group === "" ? ["log", "portforward", "eviction", "ephemeralcontainers"] : [];
  return [
    { name: type.plural, ...base, verbs, shortNames: type.shortNames },
    ...(type.status ? ["status"] : []).map((name) => ({
      name: `${type.plural}/${name}`,
      ...base,
      verbs: ["get", "patch", "update"],
    })),
    ...subresources.map((name) => ({
      name: `${type.plural}/${name}`,
      ...base,
      // An eviction is a kind of its own, of another group than the Pod.
      ...(name === "eviction" ? { group: "policy", version: "v1", kind: "Eviction" } : {}),
      verbs: subresourceVerbs[name] ?? ["create"],
    })),
  ];
}
