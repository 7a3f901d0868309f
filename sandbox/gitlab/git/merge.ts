import { GitFailure } from "./git.ts";
import type { Repository, Signature } from "./repository.ts";

/** The tree that a merge of two commits has; undefined when they conflict. */
export async function mergedTree(repository: Repository, into: string, from: string): Promise<string | undefined> {
  try {
    const output = await repository.git.text(["merge-tree", "--write-tree", "--no-messages", into, from]);
    return output.trim();
  } catch (error) {
    // 1: there are conflicts; anything else: the merge could not be tried.
    if (error instanceof GitFailure && error.exitCode === 1) return undefined;
    throw error;
  }
}

/** A commit over a tree that is already there; no branch leads to it yet. */
export async function commitTree(
  repository: Repository,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly author: Signature;
  },
): Promise<string> {
  const { name, email } = commit.author;
  const output = await repository.git.text(
    ["commit-tree", ...commit.parents.flatMap((parent) => ["-p", parent]), commit.tree],
    {
      stdin: `${commit.message.replace(/\n*$/, "")}\n`,
      environment: {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      },
    },
  );
  return output.trim();
}
