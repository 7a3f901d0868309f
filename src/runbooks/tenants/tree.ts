import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Config } from "../../config/file.ts";
import type { FileEdit, GitReader } from "../../platform/git.ts";
import type { Tree } from "../../tenants/draft.ts";
import type { TenantRules } from "./rules.ts";

/** The part of the Git project that is about tenants, at one commit. */
export async function readTree(
  git: GitReader,
  config: Config,
  rules: Pick<TenantRules, "foldersOf">,
  sha: string,
  signal: AbortSignal,
): Promise<Tree> {
  const folders = await Promise.all(rules.foldersOf(config).map((folder) => git.files(sha, folder, signal)));
  return new Map(folders.flatMap((folder) => [...folder]));
}

/** The tree as it is with these edits. */
export function withEdits(tree: Tree, edits: readonly FileEdit[]): Tree {
  const after = new Map(tree);
  for (const { path, after: text } of edits) {
    if (text === null) after.delete(path);
    else after.set(path, text);
  }
  return after;
}

/** Stands for what becomes of which files, whatever the commit that it is based on: SHA-256, hexadecimal. */
export function digestOfEdits(edits: readonly FileEdit[]): string {
  const sorted = edits.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return digestOf(sorted.map(({ path, before, after }) => [path, before, after]));
}

/** SHA-256 over the canonical JSON (RFC 8785) of something, hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash("sha256")
    .update(canonicalize(value) ?? "null")
    .digest("hex");
}
