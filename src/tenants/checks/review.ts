import { posix } from "node:path";
import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { FileEdit } from "../../platform/git.ts";
import type { Check, Tree } from "../draft.ts";
import { tenantsOf } from "../inventory.ts";
import { checkName } from "../names.ts";
import { folderOf, tenantAt, touchesTenants } from "../places.ts";
import { withFiles } from "../tree.ts";
import { usersOf } from "../users.ts";
import { broken, ruled } from "./check.ts";
import { checkParentLists } from "./kustomizations.ts";
import { checkQuota } from "./quota.ts";
import { checkSharedFiles } from "./shared-files.ts";
import { checkTenantFolder } from "./tenant-folder.ts";
import { checkTextSafety } from "./text-safety.ts";

/**
 * The rules that a merge request about tenants keeps or breaks, whoever wrote it; `tree` has the files as they are at its head.
 * Never throws for what a file says: whatever cannot be read is a broken rule.
 */
export function reviewEdits(edits: readonly FileEdit[], tree: Tree, config: Config): readonly Check[] {
  const before = withFiles(
    tree,
    edits.map(({ path, before: text }) => [path, text ?? undefined]),
  );
  const names = [...new Set(edits.flatMap(({ path }) => tenantAt(path, config) ?? []))].toSorted();
  return [
    checkPlaces(edits, config),
    ...checkTextSafety(edits),
    ...guarded(() => checkSharedFiles(edits, before, tree, config)),
    ...guarded(() => checkParentLists(tree, config)),
    ...guarded(() => checkQuota(before, tree, config)),
    ...names.flatMap((name) => guarded(() => checkNewName(name, before, tree, config))),
    ...names.flatMap((name) => guarded(() => checkTenantFolder(name, tree, config))),
  ];
}

/** A new tenant's name is judged by what was there before it. */
function checkNewName(name: string, before: Tree, after: Tree, config: Config): readonly Check[] {
  const path = `${folderOf(name, config)}/tenant.yaml`;
  if (before.has(path) || !after.has(path)) return [];
  const isolation = tenantsOf(after, config).find((known) => known.name === name)?.tenant?.isolation ?? "own";
  return checkName({ name, isolation }, { tenants: tenantsOf(before, config), users: usersOf(before, config) }, config);
}

function checkPlaces(edits: readonly FileEdit[], config: Config): Check {
  const outside = edits.map(({ path }) => path).filter((path) => !isInside(path, config));
  return ruled("paths.inside", "Nothing outside of the tenants' folders and the shared lists is touched", outside);
}

/** A tenant's folder holds files, no folders; and a path says where it leads. */
function isInside(path: string, config: Config): boolean {
  if (posix.normalize(path) !== path || !touchesTenants(path, config)) return false;
  const name = tenantAt(path, config);
  if (name === undefined)
    return [config.tenants.directory, config.tenants.appsDirectory].every(
      (folder) => !path.startsWith(`${folder}/`) || path === `${folder}/kustomization.yaml`,
    );
  const rest = path.slice(path.indexOf(`/${name}/`) + name.length + 2);
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) && (/^[a-z]+\.yaml$/.test(rest) || rest === "README.md");
}

/** What cannot be read is broken, and names its file. */
function guarded(check: () => readonly Check[]): readonly Check[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof BotError) return [broken("manifest.readable", error.message, error.next)];
    // Aliases that multiply, above all.
    if (error instanceof Error) return [broken("manifest.readable", "A file cannot be read", error.message)];
    throw error;
  }
}
