import { nowhere, type Repository } from "./repository.ts";

/** A changed file as GitLab shows it (https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs). */
export interface FileDiff {
  readonly old_path: string;
  readonly new_path: string;
  readonly a_mode: string;
  readonly b_mode: string;
  /** Hunks only, without the header; empty when it is collapsed, too large, or only the name or mode changed. */
  readonly diff: string;
  readonly new_file: boolean;
  readonly renamed_file: boolean;
  readonly deleted_file: boolean;
  readonly generated_file: boolean;
  readonly collapsed: boolean;
  readonly too_large: boolean;
}

/** GitLab's defaults: a patch beyond the first is not shown at all, one beyond a tenth of it only on request (https://docs.gitlab.com/administration/diff_limits/). */
const tooLargeBytes = 200 * 1024;
const collapsedBytes = tooLargeBytes / 10;

/** What changed from one commit to another, renames found. */
export async function diffsBetween(repository: Repository, from: string, to: string): Promise<readonly FileDiff[]> {
  const range = ["-M", "--full-index", "--no-color", "--no-ext-diff", from, to];
  const [raw, patch] = await Promise.all([
    repository.git.text(["diff", "--raw", "-z", "--abbrev=40", ...range]),
    repository.git.text(["diff", "--patch", ...range]),
  ]);
  const files = changedFiles(raw);
  // Every line of a hunk begins with a mark of its own, so only a header begins like this.
  const patches = patch.split(/^(?=diff --git )/m).filter((part) => part !== "");
  return files.map((file, index) => ({ ...file, ...hunks(patches[index] ?? "") }));
}

type ChangedFile = Omit<FileDiff, "diff" | "collapsed" | "too_large">;

function changedFiles(raw: string): readonly ChangedFile[] {
  const fields = raw.split("\0");
  const files: ChangedFile[] = [];
  for (let at = 0; at < fields.length; ) {
    const header = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[at] ?? "");
    if (header === null) break;
    const [, aMode = "", bMode = "", , , status = ""] = header;
    const renamed = status === "R" || status === "C";
    const oldPath = fields[at + 1] ?? "";
    const newPath = renamed ? (fields[at + 2] ?? "") : oldPath;
    files.push({
      old_path: oldPath,
      new_path: newPath,
      a_mode: aMode === nowhere.slice(0, 6) ? "0" : aMode,
      b_mode: bMode === nowhere.slice(0, 6) ? "0" : bMode,
      new_file: status === "A",
      renamed_file: renamed,
      deleted_file: status === "D",
      generated_file: false,
    });
    at += renamed ? 3 : 2;
  }
  return files;
}

function hunks(patch: string): Pick<FileDiff, "diff" | "collapsed" | "too_large"> {
  const start = /^(@@ |Binary files )/m.exec(patch)?.index;
  const diff = start === undefined ? "" : patch.slice(start);
  const size = Buffer.byteLength(diff);
  if (size > tooLargeBytes) return { diff: "", collapsed: false, too_large: true };
  if (size > collapsedBytes) return { diff: "", collapsed: true, too_large: false };
  return { diff, collapsed: false, too_large: false };
}

/** Names only, for the payloads of webhooks. */
export async function touchedPaths(
  repository: Repository,
  sha: string,
): Promise<{ readonly added: string[]; readonly modified: string[]; readonly removed: string[] }> {
  const output = await repository.git.text(["diff-tree", "-r", "-z", "--root", "--no-commit-id", "--name-status", sha]);
  const fields = output.split("\0");
  const touched = { added: [] as string[], modified: [] as string[], removed: [] as string[] };
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const kind = fields[at] === "A" ? "added" : fields[at] === "D" ? "removed" : "modified";
    touched[kind].push(fields[at + 1] ?? "");
  }
  return touched;
}
