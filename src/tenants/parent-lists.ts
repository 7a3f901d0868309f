import type { Config } from "../config/file.ts";
import type { Tree } from "./draft.ts";
import { sharedFilesOf } from "./places.ts";
import { fileIn, withFiles } from "./tree.ts";
import { addItem, itemsOf, removeItem } from "./yaml/list.ts";
import type { Spot } from "./yaml/source.ts";

/** The lists of the tenants' folders: of the instance's cluster, and of the other one. */
export type Parent = "parent" | "appsParent";

function spotOf(parent: Parent, tree: Tree, config: Config): Spot {
  const file = sharedFilesOf(config)[parent];
  return { file, text: fileIn(tree, file), path: ["resources"] };
}

/** Folders that a parent lists. Throws BotError `tenant.tree` when there is no such list. */
export function listedFolders(parent: Parent, tree: Tree, config: Config): readonly string[] {
  return itemsOf(spotOf(parent, tree, config)).map((item) => item.replace(/^\.\/|\/$/g, ""));
}

export function withFolder(parent: Parent, name: string, tree: Tree, config: Config): Tree {
  const spot = spotOf(parent, tree, config);
  return withFiles(tree, [[spot.file, addItem(spot, name)]]);
}

export function withoutFolder(parent: Parent, name: string, tree: Tree, config: Config): Tree {
  const spot = spotOf(parent, tree, config);
  const item = itemsOf(spot).find((one) => one.replace(/^\.\/|\/$/g, "") === name);
  return item === undefined ? tree : withFiles(tree, [[spot.file, removeItem(spot, item)]]);
}
