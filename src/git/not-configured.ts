import { BotError } from "../errors.ts";
import type { GitChanges, GitReader } from "../platform/git.ts";

async function refuse(): Promise<never> {
  throw new BotError(
    "git.not-configured",
    "No Git project is configured",
    "Set GITLAB_URL, GITLAB_PROJECT and GITLAB_TOKEN",
  );
}

/** What there is to read without a Git project: nothing, and it says why. */
export const noGit: GitReader = {
  head: refuse,
  commit: refuse,
  files: refuse,
  file: refuse,
  mergeRequest: refuse,
  openMergeRequests: refuse,
  mergeRequestFiles: refuse,
  mergeRequestCommits: refuse,
  approvals: refuse,
  self: refuse,
  commitUrl: () => "",
};

/** And nothing to be done to it. */
export const noGitChanges: GitChanges = {
  commit: refuse,
  openMergeRequest: refuse,
  note: refuse,
  approve: refuse,
  merge: refuse,
  close: refuse,
};
