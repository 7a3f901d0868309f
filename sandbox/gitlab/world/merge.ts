import { commitTree, mergedTree } from "../git/merge.ts";
import { notAllowed, refused, unauthorized, unprocessable } from "../refusal.ts";
import type { Account } from "./accounts.ts";
import { markMerged } from "./merge-requests.ts";
import { beginCheck, detailedMergeStatus, headPipeline, isActive } from "./merge-status.ts";
import type { MergeOptions, MergeRequestState } from "./model.ts";
import type { Project } from "./project.ts";
import { moveBranch } from "./pushes.ts";

export interface MergeWish extends MergeOptions {
  readonly sha?: string | undefined;
  readonly autoMerge?: boolean | undefined;
  readonly squash?: boolean | undefined;
}

/**
 * `PUT …/merge`, looking at things in GitLab's order: 400 without a sha, 401 without the right, 405 when it cannot be merged now,
 * 422 when git cannot, 409 when the head is another (lib/api/merge_requests.rb of GitLab 19.2).
 */
export async function merge(
  project: Project,
  mergeRequest: MergeRequestState,
  by: Account,
  wish: MergeWish,
): Promise<void> {
  if (project.settings.requireSha && (wish.sha ?? "") === "") throw refused("SHA must be provided when merging");
  if (!project.mayMerge(by, mergeRequest.targetBranch)) throw unauthorized();
  const status = await detailedMergeStatus(project, mergeRequest);
  if (status === "unchecked") await beginCheck(project, mergeRequest);
  const later = wish.autoMerge === true && mayWait(project, mergeRequest, status);
  if (!later) {
    if (status === "conflict" || status === "need_rebase") throw unprocessable("Branch cannot be merged");
    if (status !== "mergeable") throw notAllowed();
    // Auto-merge with nothing to wait for: there has to be a pipeline that succeeded.
    if (wish.autoMerge === true && headPipeline(project, mergeRequest)?.status !== "success") throw notAllowed();
  }
  if (wish.sha !== undefined && wish.sha !== mergeRequest.head)
    throw refused(`SHA does not match HEAD of source branch: ${mergeRequest.head}`, 409);
  if (wish.squash !== undefined) mergeRequest.squash = wish.squash;
  if (later) mergeRequest.autoMerge = { by, sha: mergeRequest.head, options: wish };
  else await mergeNow(project, mergeRequest, by, wish);
}

/** Auto-merge waits for a pipeline, and meanwhile for approvals, never for somebody to solve a conflict. */
function mayWait(project: Project, mergeRequest: MergeRequestState, status: string): boolean {
  return ["ci_still_running", "not_approved", "discussions_not_resolved"].includes(status)
    ? isActive(headPipeline(project, mergeRequest))
    : false;
}

/** Merges what is set to auto-merge and has become mergeable. */
export async function mergeWaiting(project: Project, mergeRequest: MergeRequestState): Promise<void> {
  await project.exclusive(async () => {
    const { autoMerge } = mergeRequest;
    if (autoMerge === undefined || mergeRequest.state !== "opened") return;
    // GitLab looks itself before it merges, and does not wait to be asked.
    if (mergeRequest.check === "unchecked") await beginCheck(project, mergeRequest);
    const status = await detailedMergeStatus(project, mergeRequest);
    if (status === "checking" || status === "unchecked") {
      project.timers.after(
        Math.max(1, project.settings.mergeStatusTakesMs),
        () => void mergeWaiting(project, mergeRequest),
      );
      return;
    }
    if (["ci_must_pass", "conflict", "need_rebase", "draft_status", "commits_status"].includes(status)) {
      mergeRequest.autoMerge = undefined;
      return;
    }
    if (status !== "mergeable" || autoMerge.sha !== mergeRequest.head) return;
    await mergeNow(project, mergeRequest, autoMerge.by, autoMerge.options);
  });
}

async function mergeNow(
  project: Project,
  mergeRequest: MergeRequestState,
  by: Account,
  options: MergeOptions,
): Promise<void> {
  const { repository } = project;
  const { sourceBranch, targetBranch, head } = mergeRequest;
  const target = await repository.head(targetBranch);
  if (target === undefined) throw unprocessable("Branch cannot be merged");
  const author = { name: by.name, email: by.email };
  const brought = mergeRequest.squash
    ? await commitTree(repository, {
        tree: `${head}^{tree}`,
        parents: [mergeRequest.base],
        message: options.squashMessage ?? mergeRequest.title,
        author,
      })
    : head;
  const tree = await mergedTree(repository, target, brought);
  if (tree === undefined) {
    mergeRequest.check = "cannot_be_merged";
    throw unprocessable("Branch cannot be merged");
  }
  const sha = await commitTree(repository, {
    tree,
    parents: [target, brought],
    message: options.message ?? defaultMessage(project, mergeRequest),
    author,
  });
  if (mergeRequest.squash) mergeRequest.squashSha = brought;
  // Merged first, so that the push is not taken for somebody's merge by hand.
  markMerged(project, mergeRequest, by, sha);
  await moveBranch(project, targetBranch, { from: target, to: sha, by });
  if ((options.removeSourceBranch ?? mergeRequest.removeSourceBranch) && !project.isProtected(sourceBranch))
    await moveBranch(project, sourceBranch, { from: head, to: undefined, by });
}

const defaultMessage = ({ settings }: Project, { sourceBranch, targetBranch, title, iid }: MergeRequestState) =>
  `Merge branch '${sourceBranch}' into '${targetBranch}'\n\n${title}\n\nSee merge request ${settings.path}!${iid}`;
