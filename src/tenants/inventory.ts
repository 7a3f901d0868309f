import type { Config } from "../config/file.ts";
import { BotError } from "../errors.ts";
import type { Tenant } from "./change.ts";
import type { Tree } from "./draft.ts";
import { listedFolders } from "./parent-lists.ts";
import { folderOf, sharedFilesOf } from "./places.ts";
import { readTenantFile } from "./tenant-file.ts";

/** A tenant as Git has it. */
export interface KnownTenant {
  /** Name of its folder, which is the tenant's name when there is no problem. */
  readonly name: string;
  readonly folder: string;
  /** Undefined when its file cannot be read; the problems say why. */
  readonly tenant: Tenant | undefined;
  readonly gaveAccess: boolean;
  readonly problems: readonly string[];
}

/** Every tenant that has a folder, by name; what is malformed is reported, not thrown. */
export function tenantsOf(tree: Tree, config: Config): readonly KnownTenant[] {
  const { directory } = config.tenants;
  const names = [...tree.keys()]
    .filter((path) => path.startsWith(`${directory}/`) && path.endsWith("/tenant.yaml"))
    .map((path) => path.slice(directory.length + 1, -"/tenant.yaml".length))
    .filter((name) => !name.includes("/"))
    .toSorted();
  const listed = listedIn(tree, config);
  return names.map((name) => knownTenant(name, tree, config, listed));
}

function knownTenant(name: string, tree: Tree, config: Config, listed: ReadonlySet<string> | undefined): KnownTenant {
  const folder = folderOf(name, config);
  const path = `${folder}/tenant.yaml`;
  const read = readTenantFile(path, tree.get(path) ?? "");
  const unlisted =
    listed?.has(name) === false
      ? [`${sharedFilesOf(config).parent} does not list ${name}, so nothing of it is applied`]
      : [];
  if (!read.ok)
    return { name, folder, tenant: undefined, gaveAccess: false, problems: [...read.problems, ...unlisted] };
  const { tenant, gaveAccess } = read.file;
  const misnamed = tenant.name === name ? [] : [`tenant.yaml is of ${tenant.name}, and the folder of ${name}`];
  return { name, folder, tenant, gaveAccess, problems: [...misnamed, ...unlisted] };
}

/** Folders in the parent's list; undefined when there is none to be read. */
function listedIn(tree: Tree, config: Config): ReadonlySet<string> | undefined {
  try {
    return new Set(listedFolders("parent", tree, config));
  } catch (error) {
    if (error instanceof BotError) return undefined;
    throw error;
  }
}

/** A tenant of Git by name. Throws BotError `tenant.unknown` with the names that exist, `tenant.tree` when its file cannot be read. */
export function tenantNamed(name: string, tree: Tree, config: Config): KnownTenant & { readonly tenant: Tenant } {
  const all = tenantsOf(tree, config);
  const found = all.find((known) => known.name === name);
  if (found === undefined) {
    const names = all.map((known) => known.name);
    throw new BotError(
      "tenant.unknown",
      `There is no tenant "${name}" in ${config.tenants.directory}`,
      names.length === 0 ? "There are none yet: `/dragonfly tenant propose`" : `These exist: ${names.join(", ")}`,
    );
  }
  const { tenant, ...rest } = found;
  if (tenant === undefined)
    throw new BotError(
      "tenant.tree",
      `${found.folder}/tenant.yaml is not as the bot expects it: ${found.problems.join("; ")}`,
      "Correct it by a merge request of your own; the bot checks that as well",
    );
  return { ...rest, tenant };
}

/** Tenants on the shared instance whose pods are in a namespace. */
export function sharedTenantsIn(namespace: string, tree: Tree, config: Config): readonly KnownTenant[] {
  return tenantsOf(tree, config).filter(
    ({ tenant }) => tenant?.isolation === "shared" && tenant.namespace === namespace,
  );
}
