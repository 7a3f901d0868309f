import type { Account } from "./accounts.ts";
import { close, markMerged } from "./merge-requests.ts";
import { forgetCheck } from "./merge-status.ts";
import type { MergeRequestState } from "./model.ts";
import { addNote, touch } from "./notes.ts";
import { startPipeline } from "./pipelines.ts";
import type { Project } from "./project.ts";

/** Moves a branch, makes it or takes it away, and does what GitLab then does to the merge requests that it is a part of. */
export async function moveBranch(
  project: Project,
  branch: string,
  { from, to, by }: { readonly from: string | undefined; readonly to: string | undefined; readonly by: Account },
): Promise<void> {
  await project.repository.move(branch, from, to);
  project.events.emit("push", { branch, before: from, after: to, by });
  for (const mergeRequest of project.mergeRequests.filter(({ state }) => state === "opened")) {
    if (mergeRequest.sourceBranch === branch) await sourceMoved(project, mergeRequest, to, by);
    else if (mergeRequest.targetBranch === branch && to !== undefined) await targetMoved(project, mergeRequest, to, by);
  }
}

async function sourceMoved(project: Project, mergeRequest: MergeRequestState, to: string | undefined, by: Account) {
  // Without its source branch there is nothing left to merge (https://docs.gitlab.com/user/project/repository/branches/).
  if (to === undefined) return close(project, mergeRequest, by);
  const oldrev = mergeRequest.head;
  if (oldrev === to) return;
  await refresh(project, mergeRequest, to);
  if (project.settings.resetApprovalsOnPush) mergeRequest.approvals = [];
  // Auto-merge was asked for another commit.
  mergeRequest.autoMerge = undefined;
  const added = await project.repository.count(`${oldrev}..${to}`);
  addNote(project, mergeRequest, by, `added ${added} commit${added === 1 ? "" : "s"}`, "system");
  project.events.emit("mergeRequest", { mergeRequest, by, action: "update", oldrev });
  startPipeline(project, mergeRequest, by);
}

async function targetMoved(project: Project, mergeRequest: MergeRequestState, to: string, by: Account) {
  const arrived =
    mergeRequest.head !== mergeRequest.base && (await project.repository.isAncestor(mergeRequest.head, to));
  // Somebody merged it by hand and pushed that.
  if (arrived) return markMerged(project, mergeRequest, by, to);
  forgetCheck(mergeRequest);
}

/** Takes in where its branches are now. */
async function refresh(project: Project, mergeRequest: MergeRequestState, head: string): Promise<void> {
  const { repository } = project;
  const start = (await repository.head(mergeRequest.targetBranch)) ?? mergeRequest.start;
  mergeRequest.head = head;
  mergeRequest.start = start;
  mergeRequest.base = (await repository.mergeBase(start, head)) ?? start;
  forgetCheck(mergeRequest);
  touch(mergeRequest);
}
