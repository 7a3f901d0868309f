import type { ApproveOutcome, GitReader } from "../platform/git.ts";
import { GitError } from "./errors.ts";
import type { Host } from "./host.ts";
import { settle } from "./settle.ts";

/**
 * GitLab's own approval, as the second account: GitLab lets nobody approve what they opened, and answers 401 to that, to who may
 * not approve, and to who has approved already. Source: https://docs.gitlab.com/api/merge_request_approvals/#approve-merge-request
 */
export async function approveOnce(
  host: Host,
  reader: Pick<GitReader, "mergeRequest" | "approvals">,
  approver: ((signal: AbortSignal) => Promise<string>) | undefined,
  { iid, head }: { readonly iid: number; readonly head: string },
  signal: AbortSignal,
): Promise<ApproveOutcome> {
  if (host.connectApprover === undefined || approver === undefined)
    return { kind: "not-entitled", why: "no second account is configured (GITLAB_APPROVER_TOKEN)" };
  const userName = await approver(signal).catch((error: unknown) => {
    if (isAboutWhoAsks(error)) return undefined;
    throw error;
  });
  if (userName === undefined) return { kind: "not-entitled", why: "GitLab does not take GITLAB_APPROVER_TOKEN" };
  const api = await host.connectApprover(signal);
  const look = async (): Promise<ApproveOutcome | undefined> => {
    const mergeRequest = await reader.mergeRequest(iid, signal);
    if (mergeRequest.head !== head) return { kind: "moved" };
    if (mergeRequest.author === userName)
      return { kind: "not-entitled", why: `${userName} opened it, and nobody approves what is their own` };
    const { by } = await reader.approvals(iid, signal);
    return by.includes(userName) ? { kind: "approved" } : undefined;
  };
  return settle(host.limits, signal, {
    look,
    act: async () => {
      try {
        await api.approvals.approve(host.project, iid, { sha: head });
        return { kind: "approved" };
      } catch (error) {
        if (!isAboutWhoAsks(error)) throw error;
        const why = `GitLab does not let ${userName} approve it (${error.status})`;
        return (await look()) ?? { kind: "not-entitled", why };
      }
    },
  });
}

/** These are answers to who asks, not to what is asked. */
function isAboutWhoAsks(error: unknown): error is GitError {
  return error instanceof GitError && [401, 403, 404].includes(error.status ?? 0);
}
