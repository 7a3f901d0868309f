import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Git, GitFailure, openGit } from "./git.ts";

export const nowhere = "0".repeat(40);

export interface Signature {
  readonly name: string;
  readonly email: string;
}

export interface CommitData {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly authoredAt: string;
  readonly committer: Signature;
  readonly committedAt: string;
  readonly message: string;
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: "blob" | "tree" | "commit";
  readonly sha: string;
  /** From the root of the project. */
  readonly path: string;
}

const shaPattern = /^[0-9a-f]{40}$/;
/** What leads out of the folder of references, or is read as an option, is none. */
const branchName = /^(?!-)(?!.*\.\.)[^\0]+$/;
const commitFormat = "%H%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B";

/** The bare repository of the project: what is in it, and where its branches are. */
export class Repository {
  readonly git: Git;

  private constructor(git: Git) {
    this.git = git;
  }

  static async create(path: string, branch: string): Promise<Repository> {
    const git = openGit(path);
    await git.text(["init", "--quiet", "--bare", `--initial-branch=${branch}`, path]);
    return new Repository(git);
  }

  async branches(): Promise<readonly { readonly name: string; readonly sha: string }[]> {
    const lines = await this.git.text(["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/"]);
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ sha: line.slice(0, 40), name: line.slice(41) }));
  }

  /** Sha of the newest commit of a branch. */
  async head(branch: string): Promise<string | undefined> {
    if (!branchName.test(branch)) return undefined;
    // Asked for all the time, and a file as long as nobody packs the references.
    const sha = readIfThere(join(this.git.path, "refs/heads", branch))?.trim();
    if (sha !== undefined && shaPattern.test(sha)) return sha;
    return this.git.maybe(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`]);
  }

  /** The commit that a branch, a sha or the beginning of one means. */
  async resolve(ref: string): Promise<string | undefined> {
    // What begins with a dash would be read as an option.
    if (ref === "" || ref.startsWith("-")) return undefined;
    const command = ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`];
    if (shaPattern.test(ref)) return this.git.fixed(command);
    return (await this.head(ref)) ?? (await this.git.maybe(command));
  }

  async commit(sha: string): Promise<CommitData> {
    const record = await this.git.fixed(["log", "-1", `--format=${commitFormat}`, sha]);
    if (record === undefined) throw new Error(`no commit ${sha}`);
    return parseCommit(record);
  }

  /** Commits that `git log` lists for these arguments, newest first, and never one before what is made on it. */
  async log(selection: readonly string[]): Promise<readonly CommitData[]> {
    const output = await this.git.text(["log", "-z", "--date-order", `--format=${commitFormat}`, ...selection]);
    return output
      .split("\0")
      .filter((record) => record !== "")
      .map(parseCommit);
  }

  /** Undefined when there is nothing at the path. */
  async tree(sha: string, path: string, recursive: boolean): Promise<readonly TreeEntry[] | undefined> {
    const folder = path.replace(/^\/+|\/+$/g, "");
    const spec = folder === "" ? sha : `${sha}:${folder}`;
    const output = await this.git.fixed(["ls-tree", "-z", ...(recursive ? ["-r", "-t"] : []), spec]);
    return output
      ?.split("\0")
      .filter((record) => record !== "")
      .map((record) => {
        const entry = /^(\d{6}) (blob|tree|commit) ([0-9a-f]{40})\t(.*)$/s.exec(record);
        const [, mode = "", type, id = "", name = ""] = entry ?? [];
        return {
          mode,
          type: type === "tree" || type === "commit" ? type : "blob",
          sha: id,
          path: folder === "" ? name : `${folder}/${name}`,
        };
      });
  }

  /** The file at a path; undefined when there is none, or a folder. */
  async entry(sha: string, path: string): Promise<TreeEntry | undefined> {
    const output = await this.git.fixed(["ls-tree", "-z", "--full-tree", sha, `:(literal)${path}`]);
    const found = /^(\d{6}) blob ([0-9a-f]{40})\t/.exec(output ?? "");
    return found === null ? undefined : { mode: found[1] ?? "", type: "blob", sha: found[2] ?? "", path };
  }

  async blob(sha: string): Promise<Buffer | undefined> {
    if (!shaPattern.test(sha)) return undefined;
    try {
      return await this.git.bytes(["cat-file", "blob", sha]);
    } catch (error) {
      if (error instanceof GitFailure) return undefined;
      throw error;
    }
  }

  /** The newest commit up to this one that touched a path. */
  async lastCommitFor(sha: string, path: string): Promise<string | undefined> {
    const found = await this.git.fixed(["log", "-1", "--format=%H", sha, "--", `:(literal)${path}`]);
    return found === "" ? undefined : found;
  }

  mergeBase(one: string, other: string): Promise<string | undefined> {
    return this.git.fixed(["merge-base", one, other]);
  }

  async isAncestor(ancestor: string, of: string): Promise<boolean> {
    return (await this.git.fixed(["merge-base", "--is-ancestor", ancestor, of])) !== undefined;
  }

  async count(range: string): Promise<number> {
    return Number(await this.git.text(["rev-list", "--count", range]));
  }

  async isBranchName(name: string): Promise<boolean> {
    return branchName.test(name) && (await this.git.fixed(["check-ref-format", `refs/heads/${name}`])) !== undefined;
  }

  /** Moves a branch, makes it (`from` undefined) or takes it away (`to` undefined); throws when it is not at `from` any more. */
  async move(branch: string, from: string | undefined, to: string | undefined): Promise<void> {
    const ref = `refs/heads/${branch}`;
    await this.git.text(
      to === undefined ? ["update-ref", "-d", ref, from ?? nowhere] : ["update-ref", ref, to, from ?? nowhere],
    );
  }
}

function parseCommit(record: string): CommitData {
  const [sha = "", parents = "", an = "", ae = "", at = "", cn = "", ce = "", ct = "", ...message] = record.split("\n");
  return {
    sha,
    parents: parents === "" ? [] : parents.split(" "),
    author: { name: an, email: ae },
    authoredAt: at,
    committer: { name: cn, email: ce },
    committedAt: ct,
    message: message.join("\n").replace(/\n+$/, ""),
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
