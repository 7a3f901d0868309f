import type { Config } from "../../config/file.ts";
import { withoutNamespace } from "../access-lists.ts";
import type { Tenant } from "../change.ts";
import { kept, remark } from "../checks/check.ts";
import type { Check, Tree } from "../draft.ts";
import { type KnownTenant, sharedTenantsIn, tenantNamed } from "../inventory.ts";
import { withoutFolder } from "../parent-lists.ts";
import { appsFolderOf, instanceNameOf } from "../places.ts";
import { pathsBelow, withFiles } from "../tree.ts";
import { withoutUser } from "../users.ts";
import type { ChangeDraft, Start } from "./change-draft.ts";

/** A tenant leaves: what its proposal brought goes. Volumes stay, and the namespace that holds them. Source: docs/tenancy.md, "Leave". */
export function offboard(name: string, { tree, config }: Start): ChangeDraft {
  const known = tenantNamed(name, tree, config);
  const { tenant } = known;
  return {
    title: `${name} leaves ${tenant.isolation === "own" ? "its own instance" : `the shared instance ${config.shared.name}`}`,
    tree: withoutTenant(known, tree, config),
    checks: [checkConsumers(tenant, config), checkData(tenant), ...checkNamespace(known, tree, config)],
    effects: effectsOf(tenant, config),
    reasons: [],
    risk: "high",
  };
}

function withoutTenant(known: KnownTenant & { readonly tenant: Tenant }, tree: Tree, config: Config): Tree {
  const { name, folder, tenant } = known;
  const files = [...pathsBelow(tree, folder), ...pathsBelow(tree, appsFolderOf(name, config))];
  const bare = withFiles(
    withoutFolder("parent", name, tree, config),
    files.map((path) => [path, undefined]),
  );
  if (tenant.isolation === "own")
    return tree.has(`${config.tenants.appsDirectory}/kustomization.yaml`)
      ? withoutFolder("appsParent", name, bare, config)
      : bare;
  const without = withoutUser(name, bare, config);
  return takesNamespaceAlong(known, tree, config) ? withoutNamespace(tenant.namespace, without, config) : without;
}

/** The namespace was let in for this tenant, and no other one is in it. */
function takesNamespaceAlong(
  { name, tenant, gaveAccess }: KnownTenant & { readonly tenant: Tenant },
  tree: Tree,
  config: Config,
): boolean {
  return gaveAccess && sharedTenantsIn(tenant.namespace, tree, config).every((other) => other.name === name);
}

function checkNamespace(
  known: KnownTenant & { readonly tenant: Tenant },
  tree: Tree,
  config: Config,
): readonly Check[] {
  const { name, tenant } = known;
  if (tenant.isolation === "own") return [];
  if (takesNamespaceAlong(known, tree, config))
    return [kept("access.namespace", `Namespace ${tenant.namespace} leaves the lists too`)];
  const others = sharedTenantsIn(tenant.namespace, tree, config).filter((other) => other.name !== name);
  return [
    remark(
      "access.namespace",
      `Namespace ${tenant.namespace} may go on connecting`,
      others.length > 0
        ? `${others.map((other) => other.name).join(", ")} is in it too.`
        : `It was let in before the tenant came. If nobody needs it: /dragonfly access revoke ${tenant.namespace}`,
    ),
  ];
}

function checkConsumers(tenant: Tenant, config: Config): Check {
  const instance = tenant.isolation === "own" ? instanceNameOf(tenant) : config.shared.name;
  return remark(
    "offboard.consumers",
    "Nobody may connect any more",
    `For 7 days no client of theirs in CLIENT LIST on every pod of ${instance}, and no flow from namespace ${tenant.namespace}.`,
  );
}

function checkData(tenant: Tenant): Check {
  return tenant.isolation === "own"
    ? remark(
        "offboard.snapshot",
        "A last snapshot comes first",
        `/dragonfly snapshot ${instanceNameOf(tenant)}; then last_saved_file is not empty and last_success_save is now.`,
      )
    : remark(
        "offboard.keys",
        "The keys stay until somebody deletes them",
        `All under {${tenant.name}}, by the platform team.`,
      );
}

function effectsOf(tenant: Tenant, config: Config): readonly string[] {
  const name = instanceNameOf(tenant);
  if (tenant.isolation === "shared")
    return [
      `User ${tenant.name} is gone from ${config.shared.name} as soon as its pods have loaded the access list anew`,
      "What the tenant stored is still there",
    ];
  return [
    `Dragonfly ${name} and its pods are deleted; clients are cut off`,
    `Namespace ${name} and its volumes stay: kubectl --context=${config.shared.cluster} -n ${name} get pvc`,
    "They are deleted by hand after 30 days, with the team's yes",
  ];
}
