import { BotError } from "../errors.ts";
import type { FileEdit } from "../platform/git.ts";
import type { Tree } from "./draft.ts";

/** The content of a file. Throws BotError `tenant.tree` when it is not there. */
export function fileIn(tree: Tree, path: string): string {
  const text = tree.get(path);
  if (text === undefined) throw notAsExpected(path, "it is not in the Git project");
  return text;
}

export function notAsExpected(path: string, problem: string, cause?: unknown): BotError {
  return new BotError(
    "tenant.tree",
    `${path} is not as the bot expects it: ${problem}`,
    "Bring the file into the shape of deploy/ in the bot's repository, or correct the paths under tenants in dfbot.yaml",
    { cause },
  );
}

/** The tree with some files changed, added, or taken out (undefined). */
export function withFiles(tree: Tree, files: Iterable<readonly [string, string | undefined]>): Tree {
  const next = new Map(tree);
  for (const [path, text] of files) {
    if (text === undefined) next.delete(path);
    else next.set(path, text);
  }
  return next;
}

/** The tree after edits. */
export function applied(tree: Tree, edits: readonly FileEdit[]): Tree {
  return withFiles(
    tree,
    edits.map(({ path, after }) => [path, after ?? undefined]),
  );
}

/** What leads from one tree to the other, only files that differ, by path. */
export function editsBetween(before: Tree, after: Tree): readonly FileEdit[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .toSorted()
    .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }));
}

/** Paths of the files below a folder. */
export function pathsBelow(tree: Tree, folder: string): readonly string[] {
  return [...tree.keys()].filter((path) => path.startsWith(`${folder}/`)).toSorted();
}
