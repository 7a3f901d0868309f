import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FileChange } from "./git/write-commit.ts";

/** The files of the first commit: a folder's, links and executable bits kept, or those given by path. */
export function initialFiles(files: ReadonlyMap<string, string> | string): readonly FileChange[] {
  if (typeof files !== "string")
    return [...files].map(([path, content]) => ({ path, mode: "100644", content: Buffer.from(content) }));
  const folder = files;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry): readonly FileChange[] => {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.replace(/\/+$/, "").length + 1);
    if (entry.isSymbolicLink()) return [{ path, mode: "120000", content: Buffer.from(readlinkSync(file)) }];
    if (!entry.isFile()) return [];
    const executable = (statSync(file).mode & 0o100) !== 0;
    return [{ path, mode: executable ? "100755" : "100644", content: readFileSync(file) }];
  });
}
