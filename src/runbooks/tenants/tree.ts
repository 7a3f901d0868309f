import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Config } from "../../config/file.ts";
import type { FileEdit, GitReader } from "../../platform/git.ts";
import type { Tree } from "../../tenants/draft.ts";
import { foldersOf } from "../../tenants/places.ts";

/** The part of the Git project that is about tenants, at one commit. */
export async function readTree(git: GitReader, config: Config, sha: string, signal: AbortSignal): Promise<Tree> {
  const folders = await Promise.all(foldersOf(config).map((folder) => git.files(sha, folder, signal)));
  return new Map(folders.flatMap((folder) => [...folder]));
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
