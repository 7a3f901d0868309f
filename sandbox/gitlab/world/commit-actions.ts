import { z } from "zod";
import type { Repository, TreeEntry } from "../git/repository.ts";
import type { FileChange } from "../git/write-commit.ts";
import { refused } from "../refusal.ts";

export const commitAction = z.object({
  action: z.enum(["create", "update", "move", "delete", "chmod"]),
  file_path: z.string(),
  previous_path: z.string().optional(),
  content: z.string().optional(),
  encoding: z.enum(["text", "base64"]).default("text"),
  last_commit_id: z.string().optional(),
  execute_filemode: z.boolean().optional(),
});
export type CommitAction = z.infer<typeof commitAction>;

/**
 * What actions make of the files of a commit, each seeing what the ones before it did. Throws what GitLab refuses with, in the words of
 * its Git server: nothing is done then (https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions).
 */
export async function fileChanges(
  repository: Repository,
  base: string | undefined,
  actions: readonly CommitAction[],
): Promise<readonly FileChange[]> {
  const entries = base === undefined ? [] : ((await repository.tree(base, "", true)) ?? []);
  const files = new Map<string, File>(
    entries.filter(({ type }) => type === "blob").map((entry) => [entry.path, { entry, content: undefined }]),
  );
  const changes = new Map<string, FileChange>();
  const put = (path: string, content: Buffer, mode: FileChange["mode"]) => {
    files.set(path, { entry: undefined, content });
    changes.set(path, { path, mode, content });
  };
  const take = (path: string) => {
    files.delete(path);
    changes.set(path, { path, mode: "100644", content: undefined });
  };
  const existing = (path: string): File => {
    const file = files.get(path);
    if (file === undefined) throw refused("A file with this name doesn't exist");
    return file;
  };
  for (const action of actions) {
    const path = checkedPath(action.file_path);
    const from = action.action === "move" ? checkedPath(action.previous_path ?? "") : path;
    await refuseChanged(repository, base, from, action);
    switch (action.action) {
      case "create":
        refuseExisting(files, path);
        put(path, bytesOf(action), "100644");
        break;
      case "update": {
        const file = existing(path);
        put(path, bytesOf(action), modeOf(file, changes.get(path)));
        break;
      }
      case "move": {
        const file = existing(from);
        refuseExisting(files, path);
        const content = action.content === undefined ? await contentOf(repository, file) : bytesOf(action);
        const mode = modeOf(file, changes.get(from));
        take(from);
        put(path, content, mode);
        break;
      }
      case "delete":
        existing(path);
        take(path);
        break;
      case "chmod":
        put(path, await contentOf(repository, existing(path)), action.execute_filemode === true ? "100755" : "100644");
        break;
    }
  }
  return [...changes.values()];
}

interface File {
  readonly entry: TreeEntry | undefined;
  readonly content: Buffer | undefined;
}

async function contentOf(repository: Repository, { entry, content }: File): Promise<Buffer> {
  return content ?? (entry === undefined ? undefined : await repository.blob(entry.sha)) ?? Buffer.alloc(0);
}

function modeOf({ entry }: File, changed: FileChange | undefined): FileChange["mode"] {
  const mode = changed?.mode ?? entry?.mode;
  return mode === "100755" || mode === "120000" ? mode : "100644";
}

function bytesOf({ content = "", encoding }: CommitAction): Buffer {
  return Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
}

function checkedPath(path: string): string {
  if (path === "") throw refused("You must provide a file path");
  const parts = path.split("/");
  if (parts.includes("..") || parts.includes(".")) throw refused("Path cannot include directory traversal");
  if (parts.includes("") || parts.some((part) => part.toLowerCase() === ".git") || path.includes("\0"))
    throw refused(`invalid path: '${path}'`);
  return path;
}

function refuseExisting(files: ReadonlyMap<string, File>, path: string): void {
  if (files.has(path)) throw refused("A file with this name already exists");
  for (const other of files.keys()) {
    if (other.startsWith(`${path}/`)) throw refused("A directory with this name already exists");
    if (path.startsWith(`${other}/`)) throw refused(`invalid path: '${path}'`);
  }
}

/** `last_commit_id`: the file must still be as the caller saw it. */
async function refuseChanged(
  repository: Repository,
  base: string | undefined,
  path: string,
  { action, last_commit_id }: CommitAction,
): Promise<void> {
  if (last_commit_id === undefined || base === undefined || action === "create" || action === "chmod") return;
  if ((await repository.lastCommitFor(base, path)) !== last_commit_id)
    throw refused(`The file has changed since you started editing it: ${path}`);
}
