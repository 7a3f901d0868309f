import type { Config } from "../../config/file.ts";
import { accessLists, withNamespace } from "../access-lists.ts";
import type { Tenant } from "../change.ts";
import { remark } from "../checks/check.ts";
import { checkQuota } from "../checks/quota.ts";
import { checkTenant } from "../checks/tenant.ts";
import type { Check, Tree } from "../draft.ts";
import { sharedTenantsIn, tenantsOf } from "../inventory.ts";
import { checkName } from "../names.ts";
import { withFolder } from "../parent-lists.ts";
import { secretPathOf } from "../places.ts";
import { recommend } from "../recommend.ts";
import { filesOf } from "../render/files.ts";
import { isGlobal } from "../render/own-instance.ts";
import { settingsOf, sharedMaxmemoryOf, usersPathIn } from "../settings.ts";
import { withFiles } from "../tree.ts";
import { usersOf, withUser } from "../users.ts";
import type { ChangeDraft, Start } from "./change-draft.ts";
import { onboardingEffects } from "./onboarding-effects.ts";

/** A new tenant: its folder, its place in the parents' lists, and on the shared instance its user and its namespace. */
export function propose(tenant: Tenant, { tree, config }: Start): ChangeDraft {
  const recommended = recommend(tenant, tenant.memory, sharedMaxmemoryOf(tree, config));
  const checks = [
    ...checkName(tenant, { tenants: tenantsOf(tree, config), users: usersOf(tree, config) }, config),
    ...checkTenant(tenant, tree, config),
    checkSecret(tenant, tree, config),
  ];
  const next = tenant.isolation === "own" ? withOwn(tenant, tree, config) : withShared(tenant, tree, config);
  return {
    title: titleOf(tenant, config),
    tree: next,
    checks: [...checks, ...checkQuota(tree, next, config)],
    effects: onboardingEffects(tree, next, config),
    reasons: recommended.reasons,
    risk: tenant.isolation === "own" ? "low" : "medium",
  };
}

function withOwn(tenant: Tenant, tree: Tree, config: Config): Tree {
  const listed = withFolder("parent", tenant.name, tree, config);
  const both = isGlobal(tenant, config) ? withFolder("appsParent", tenant.name, listed, config) : listed;
  return withFiles(both, filesOf({ tenant, gaveAccess: false }, tree, config));
}

function withShared(tenant: Tenant, tree: Tree, config: Config): Tree {
  const listed = withFolder("parent", tenant.name, tree, config);
  const user = usersOf(tree, config).includes(tenant.name) ? listed : withUser(tenant, listed, config);
  const file = { tenant, gaveAccess: givesAccess(tenant, tree, config) };
  return withFiles(withNamespace(tenant.namespace, user, config), filesOf(file, tree, config));
}

/** Whether the namespace is let in for the sake of tenants, so that the last of them takes it along. */
function givesAccess({ namespace }: Tenant, tree: Tree, config: Config): boolean {
  const listed = accessLists(tree, config).some(({ namespaces }) => namespaces.includes(namespace));
  return !listed || sharedTenantsIn(namespace, tree, config).some(({ gaveAccess }) => gaveAccess);
}

function titleOf({ name, isolation, memory }: Tenant, config: Config): string {
  return isolation === "own"
    ? `Own instance of ${memory} for ${name}`
    : `${name} on the shared instance ${config.shared.name}`;
}

function checkSecret(tenant: Tenant, tree: Tree, config: Config): Check {
  const path = tenant.isolation === "own" ? secretPathOf(tenant) : usersPathIn(settingsOf(tree, config));
  const property = tenant.isolation === "own" ? "password" : tenant.name;
  return remark(
    "secret.store",
    "The password must be in the secret store before the merge",
    `Put it there: ${path}, property ${property}; 24 to 128 letters, digits, - or _. ${
      tenant.isolation === "own"
        ? "Without it the instance does not start."
        : "Without it External Secrets makes no access list any more: the users of now stay, no change gets through."
    }`,
  );
}
