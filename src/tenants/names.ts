import type { Config } from "../config/file.ts";
import { broken, kept, remark } from "./checks/check.ts";
import type { Check } from "./draft.ts";
import type { KnownTenant } from "./inventory.ts";

/** What a tenant may be called. Source: docs/tenancy.md, "Your own: names". */

/** Names of the platform's own things, and words that people would read as something else. */
const reserved = new Set([
  ...[
    "dragonfly",
    "dfbot",
    "default",
    "shared",
    "own",
    "system",
    "global",
    "acl",
    "auth",
    "operator",
    "operator-system",
  ],
  ...["bot", "tenant", "tenants", "users", "admin", "all", "none", "kube-system", "flux-system", "master", "replica"],
]);

/** With `dragonfly-` in front it leaves room for what the operator appends. */
const longestInstanceName = 40;

export interface NamesInUse {
  readonly tenants: readonly KnownTenant[];
  /** Users of the shared instance. */
  readonly users: readonly string[];
}

/** The rules that a new tenant's name keeps or breaks. */
export function checkName(
  { name, isolation }: { readonly name: string; readonly isolation: "shared" | "own" },
  { tenants, users }: NamesInUse,
  config: Config,
): readonly Check[] {
  const names = tenants.map((tenant) => tenant.name);
  const takenUser = users.includes(name);
  return [
    labelCheck(name),
    reserved.has(name) || isPlatforms(name, config)
      ? broken(
          "name.reserved",
          `The name ${name} is the platform's own`,
          "Choose the name of the team or of the service.",
        )
      : kept("name.reserved", "The name is not one of the platform's own"),
    names.includes(name) || (takenUser && isolation === "shared")
      ? broken(
          "name.taken",
          `The name ${name} is taken`,
          names.includes(name) ? "There is a tenant of that name." : "The shared instance has a user of that name.",
        )
      : takenUser
        ? remark(
            "name.taken",
            `${name} still has a user on the shared instance`,
            "Take it out when the move is done (docs/tenancy.md).",
          )
        : kept("name.taken", "The name is not taken"),
    similarCheck(name, [...new Set([...names, ...users])]),
  ];
}

function labelCheck(name: string): Check {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
    return broken(
      "name.label",
      `"${name}" cannot be part of a Kubernetes name`,
      "Lower case letters, digits and dashes, a letter or digit at both ends.",
    );
  if (name.startsWith("dfly"))
    return broken(
      "name.dfly",
      "The name begins with dfly",
      "Kubernetes makes variables of it, and a DFLY_ variable that is no flag ends a server.",
    );
  if (`dragonfly-${name}`.length > longestInstanceName)
    return broken(
      "name.long",
      `dragonfly-${name} has more than ${longestInstanceName} characters`,
      "The operator appends to it.",
    );
  return kept("name.label", `dragonfly-${name} can be a Kubernetes name`);
}

function isPlatforms(name: string, { shared, home, operator, flux, tenants }: Config): boolean {
  const own = [shared.name, shared.namespace, home.namespace, operator.namespace, operator.deployment, flux.namespace];
  return [...own, tenants.kustomization, "kustomization.yaml"].some(
    (taken) => taken === name || taken === `dragonfly-${name}`,
  );
}

function similarCheck(name: string, others: readonly string[]): Check {
  const similar = others.filter((other) => other !== name && normalised(other) === normalised(name));
  return similar.length === 0
    ? kept("name.similar", "No other name is easily taken for it")
    : remark(
        "name.similar",
        `The name is easily taken for ${similar.join(", ")}`,
        "They differ by signs that people pass over.",
      );
}

/** A name without what people pass over: case, width, accents, separators. */
export function normalised(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[-_.\s]/g, "")
    .replace(/[0оο]/g, "o")
    .replace(/[1lіι|]/g, "i")
    .replace(/а/g, "a")
    .replace(/е/g, "e")
    .replace(/с/g, "c")
    .replace(/р/g, "p");
}
