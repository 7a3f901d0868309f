import type { Config } from "../../config/file.ts";
import { isAllowed } from "../access-lists.ts";
import type { Tenant } from "../change.ts";
import { objectOf, valueAt } from "../checks/folder.ts";
import { flagIn } from "../checks/sizes.ts";
import type { Tree } from "../draft.ts";
import { tenantsOf } from "../inventory.ts";
import { objectsOf } from "../objects.ts";
import { addressOf, folderOf, instanceNameOf } from "../places.ts";
import { settingsOf } from "../settings.ts";

/**
 * What will be different for the tenants that are new in the files, a line each. It is read off the files, so that it holds as well
 * for what people have changed in a draft.
 *
 * @throws BotError `tenant.tree` when a new tenant's folder, or a list of who is let in, cannot be read
 */
export function onboardingEffects(before: Tree, after: Tree, config: Config): readonly string[] {
  const known = new Set(tenantsOf(before, config).map(({ name }) => name));
  const added = tenantsOf(after, config).flatMap(({ name, tenant }) =>
    tenant === undefined || known.has(name) ? [] : [tenant],
  );
  return added.flatMap((tenant) =>
    tenant.isolation === "own" ? ownEffects(tenant, after, config) : sharedEffects(tenant, before, config),
  );
}

function ownEffects(tenant: Tenant, after: Tree, config: Config): readonly string[] {
  const name = instanceNameOf(tenant);
  const objects = objectsOf(after, folderOf(tenant.name, config), settingsOf(after, config));
  const hard = valueAt(objectOf({ objects }, "ResourceQuota"), "spec", "hard");
  const spec = valueAt(objectOf({ objects }, "Dragonfly"), "spec");
  const said = (value: unknown) => (value === undefined ? "no" : String(value));
  const limitOf = (what: string) => said(valueAt(hard, what));
  const flag = (flagName: string) => said(flagIn(spec, flagName));
  const resource = (...path: string[]) => said(valueAt(spec, "resources", ...path));
  const volume = valueAt(spec, "snapshot", "persistentVolumeClaimSpec", "resources", "requests", "storage");
  const volumes = volume === undefined ? "no volumes" : `a volume of ${said(volume)} each`;
  const other = tenant.clusters.filter((cluster) => cluster !== config.shared.cluster);
  return [
    `Namespace ${name} in ${config.shared.cluster}, with a quota of ${limitOf("limits.memory")} of memory and ${limitOf("requests.storage")} of storage`,
    `Dragonfly ${name}: ${said(valueAt(spec, "replicas"))} pods, maxmemory ${flag("maxmemory")}, ${flag("proactor_threads")} threads, ${resource("requests", "cpu")} CPU and ${resource("limits", "memory")} each, ${volumes}`,
    `Clients in namespace ${tenant.namespace} reach ${addressOf(tenant, config)}`,
    ...(other.length === 0 ? [] : [`The same name in ${other.join(", ")}`]),
  ];
}

/** That its user and its namespace are in the lists is a rule of every merge request (`checks/review.ts`). */
function sharedEffects(tenant: Tenant, before: Tree, config: Config): readonly string[] {
  const { name, namespace } = tenant;
  const asNow = isAllowed(namespace, before, config) ? ", as now" : "";
  return [
    `User ${name} on ${config.shared.name}, for keys and channels under {${name}}; it may log in as soon as the pods have loaded the access list anew`,
    `Namespace ${namespace} may connect to ${config.shared.name}${asNow}`,
    `Clients reach ${addressOf(tenant, config)}`,
  ];
}
