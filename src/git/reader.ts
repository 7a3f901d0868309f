import { BotError } from "../errors.ts";
import type { GitReader } from "../platform/git.ts";
import { headOf } from "./branch.ts";
import { commitUrl } from "./commit-url.ts";
import type { Contents } from "./content.ts";
import { GitError } from "./errors.ts";
import type { Connect } from "./gitlab.ts";
import type { Host } from "./host.ts";
import { commitOf, mergeRequestOf } from "./merge-request.ts";
import { readMergeRequestFiles } from "./merge-request-files.ts";
import {
  approvalsSchema,
  commitSchema,
  commitsSchema,
  currentUserSchema,
  mergeRequestListSchema,
  mergeRequestSchema,
  parsed,
} from "./schemas.ts";

/** Reads of the GitLab project; throws as GitReader says. */
export function createGitReader(host: Host, contents: Contents): GitReader {
  const { project } = host;
  const self = userNameOf(host.connect);

  const mergeRequest: GitReader["mergeRequest"] = async (iid, signal) => {
    const api = await host.connect(signal);
    const answer = await api.mergeRequests.show(project, iid);
    return mergeRequestOf(parsed(`merge request ${iid}`, mergeRequestSchema, answer));
  };
  return {
    self,
    mergeRequest,
    async head(branch, signal) {
      return (await headOf(host, branch, signal))?.id;
    },
    async commit(sha, signal) {
      const api = await host.connect(signal);
      return commitOf(parsed("a commit", commitSchema, await api.commits.show(project, sha)));
    },
    files: (sha, folder, signal) => contents.below(sha, folder.replace(/^\/+|\/+$/g, ""), signal),
    async file(sha, path, signal) {
      const content = await contents.at(sha, path, signal);
      if (content?.kind !== "opaque") return content?.text;
      throw new BotError("git.not-text", `${path} cannot be read as text: ${content.why}`, "Look at it in GitLab");
    },
    async openMergeRequests(targetBranch, signal) {
      const api = await host.connect(signal);
      // In the order they were made in, which does not change while the pages are read.
      const options = {
        state: "opened",
        targetBranch,
        scope: "all",
        orderBy: "created_at",
        sort: "asc",
        perPage: 100,
      } as const;
      const list = await api.mergeRequests.all({ projectId: project, ...options });
      const iids = new Set(parsed("merge requests", mergeRequestListSchema, list).map(({ iid }) => iid));
      const found = await host.eachOf([...iids], mergeRequest, signal);
      return found
        .filter(({ state }) => state === "opened")
        .toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt) || b.iid - a.iid);
    },
    mergeRequestFiles: (iid, signal) => readMergeRequestFiles(host, contents, iid, signal),
    async mergeRequestCommits(iid, signal) {
      const api = await host.connect(signal);
      const answer = await api.mergeRequests.allCommits(project, iid, { perPage: 100 });
      return parsed("commits", commitsSchema, answer).map(commitOf).toReversed();
    },
    async approvals(iid, signal) {
      const api = await host.connect(signal);
      try {
        const answer = await api.approvals.showConfiguration(project, { mergerequestIId: iid });
        const { approvals_left, approved_by } = parsed("approvals", approvalsSchema, answer);
        return { missing: approvals_left ?? 0, by: approved_by.map(({ user }) => user.username) };
      } catch (error) {
        if (!(error instanceof GitError) || (error.status !== 404 && error.status !== 403)) throw error;
        // An instance without approvals demands none; a merge request that is not there is another matter.
        await mergeRequest(iid, signal);
        return { missing: 0, by: [] };
      }
    },
    commitUrl: (sha) => commitUrl(host, sha),
  };
}

/** User name of the account that a token belongs to, asked for once. */
export function userNameOf(connect: Connect): (signal: AbortSignal) => Promise<string> {
  let known: string | undefined;
  return async (signal) => {
    if (known !== undefined) return known;
    const api = await connect(signal);
    known = parsed("the account", currentUserSchema, await api.users.showCurrentUser()).username;
    return known;
  };
}
