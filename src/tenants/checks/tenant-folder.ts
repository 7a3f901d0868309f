import type { Config } from "../../config/file.ts";
import { isAllowed } from "../access-lists.ts";
import type { Tenant } from "../change.ts";
import type { Check, Tree } from "../draft.ts";
import { tenantsOf } from "../inventory.ts";
import { objectsOf } from "../objects.ts";
import { folderOf, sharedFilesOf } from "../places.ts";
import { policyFormOf, settingsOf, unknownVariables } from "../settings.ts";
import { noSubstitution } from "../tenant-file.ts";
import { pathsBelow } from "../tree.ts";
import { accessListSpot, userLinesOf } from "../users.ts";
import { blockLines } from "../yaml/block.ts";
import { valuesOf } from "../yaml/source.ts";
import { broken, ruled } from "./check.ts";
import { checkContents } from "./contents.ts";
import { folderFor, valueAt } from "./folder.ts";
import { checkFolderLists } from "./kustomizations.ts";
import { checkNetwork } from "./network.ts";
import { checkResource } from "./resource.ts";
import { checkStub } from "./stub.ts";
import { checkSurroundings } from "./surroundings.ts";
import { checkTenant } from "./tenant.ts";

/** Every rule for one tenant's folders, as they are in a tree. Throws BotError `tenant.tree` when a file cannot be read. */
export function checkTenantFolder(name: string, tree: Tree, config: Config): readonly Check[] {
  const path = folderOf(name, config);
  const known = tenantsOf(tree, config).find((one) => one.name === name);
  if (known?.tenant === undefined)
    return pathsBelow(tree, path).length === 0
      ? []
      : [
          broken(
            "tenant.file",
            `What tenant ${name} is cannot be read`,
            (known?.problems ?? [`${path}/tenant.yaml is not there`]).join("\n"),
          ),
        ];
  const { tenant } = known;
  const settings = settingsOf(tree, config);
  const folder = folderFor(tenant, objectsOf(tree, path, settings), {
    form: policyFormOf(tree, config),
    settings,
    tree,
    config,
  });
  return [
    ruled("tenant.file", `What tenant ${name} is can be read`, known.tenant.name === name ? [] : known.problems),
    ...checkTenant(tenant, tree, config),
    checkFolderLists(path, sharedFilesOf(config).parent, tree),
    checkVariables(path, settings, tree),
    ...checkContents(folder),
    ...(tenant.isolation === "own"
      ? [...checkResource(folder), ...checkSurroundings(folder), ...checkNetwork(folder)]
      : [checkSharedTenant(tenant, tree, config)]),
    ...checkStub(tenant, tree, config),
  ];
}

function checkVariables(folder: string, settings: Readonly<Record<string, string>>, tree: Tree): Check {
  const unknown = pathsBelow(tree, folder)
    .filter((path) => /\.ya?ml$/.test(path))
    .flatMap((path) =>
      valuesOf(path, tree.get(path) ?? "")
        .filter((value) => valueAt(value, "metadata", "annotations", noSubstitution) !== "disabled")
        .flatMap((value) =>
          unknownVariables(JSON.stringify(value), settings).map((variable) => `${path}: ${variable}`),
        ),
    );
  return ruled("settings.known", "Every variable that Flux puts in has a value", unknown);
}

function checkSharedTenant(tenant: Tenant, tree: Tree, config: Config): Check {
  const lines = blockLines(accessListSpot(tree, config));
  const { guard, rule } = userLinesOf(tenant);
  return ruled("tenant.agrees", `${tenant.name} has its user and its namespace on the shared instance`, [
    ...(lines.includes(guard) ? [] : ["the access list has no guard for its password"]),
    ...(lines.includes(rule) ? [] : ["the access list has not the rule that follows from tenant.yaml"]),
    ...(isAllowed(tenant.namespace, tree, config)
      ? []
      : [`namespace ${tenant.namespace} is not in all lists of those who may connect`]),
  ]);
}
