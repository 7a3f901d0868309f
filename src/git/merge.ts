import type { GitReader, MergeOutcome, MergeRequest } from "../platform/git.ts";
import { GitError } from "./errors.ts";
import type { Host } from "./host.ts";
import { closingNothing } from "./markdown.ts";

/**
 * Merges exactly one head, or says why not.
 *
 * The sha is always sent: without it GitLab merges what is there by then. `auto_merge` is never: it would bind to the same sha, but
 * GitLab would merge on its own time, after approvals may have run out and the target may have got other files, and it would go on
 * doing so when the run was called off. So the bot waits for the pipeline itself, and merges at the moment it has looked at all.
 *
 * Whatever GitLab answers (405 while it computes, 409, 422, 401 where somebody may not merge, 5xx, nothing), what it says of the
 * merge request afterwards decides. Source: https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request
 */
export async function mergeOnce(
  host: Host,
  reader: Pick<GitReader, "mergeRequest">,
  { iid, head, message }: { readonly iid: number; readonly head: string; readonly message: string },
  signal: AbortSignal,
): Promise<MergeOutcome> {
  const before = outcomeOf(await reader.mergeRequest(iid, signal), head);
  if (before !== undefined) return before;
  const api = await host.connect(signal);
  let failure: GitError | undefined;
  try {
    await api.mergeRequests.merge(host.project, iid, {
      sha: head,
      mergeCommitMessage: closingNothing(message).trim(),
      shouldRemoveSourceBranch: true,
      // What was approved is what comes onto the target branch, with the trailers that its commits have.
      squash: false,
    });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    failure = error;
  }
  const mergeRequest = await reader.mergeRequest(iid, signal);
  const after = outcomeOf(mergeRequest, head);
  if (after !== undefined) return after;
  if (failure !== undefined && [401, 403].includes(failure.status ?? 0))
    return {
      kind: "refused",
      why: `the bot's account may not merge into ${mergeRequest.targetBranch} (${failure.status})`,
      mergeRequest,
    };
  return { kind: "not-yet", why: failure?.message ?? "GitLab took it and has not merged it yet", mergeRequest };
}

/** What a merge request says by itself; undefined when there is nothing that speaks against merging it now. */
export function outcomeOf(mergeRequest: MergeRequest, head: string): MergeOutcome | undefined {
  const { state, readiness, readinessWord: word } = mergeRequest;
  const refused = (why: string): MergeOutcome => ({ kind: "refused", why, mergeRequest });
  const notYet = (why: string): MergeOutcome => ({ kind: "not-yet", why, mergeRequest });
  if (mergeRequest.head !== head) return { kind: "moved", mergeRequest };
  if (state === "merged") return { kind: "merged", mergeRequest };
  if (state === "closed") return refused("it was closed");
  if (state === "locked") return notYet("it is just being merged");
  switch (readiness) {
    case "conflict":
      return refused(`it conflicts with ${mergeRequest.targetBranch} (${word})`);
    case "pipeline-failed":
      return refused("its pipeline failed");
    case "pipeline-running":
      return notYet("its pipeline has not ended");
    case "approval-missing":
      return notYet("an approval in GitLab is missing");
    case "draft":
      return notYet("it is a draft");
    case "blocked":
      return notYet(`GitLab holds it back (${word})`);
    case "checking":
      return notYet(`GitLab is still computing whether it can be merged (${word})`);
    case "ready":
      return undefined;
  }
}
