import { mergedTree } from "../git/merge.ts";
import { isDraft, type MergeRequestState, type Pipeline, unresolved } from "./model.ts";
import type { Project } from "./project.ts";

/** The words of https://docs.gitlab.com/api/merge_requests/#merge-status that this simulation can say. */
export type DetailedMergeStatus =
  | "preparing"
  | "unchecked"
  | "checking"
  | "not_open"
  | "draft_status"
  | "commits_status"
  | "discussions_not_resolved"
  | "not_approved"
  | "conflict"
  | "need_rebase"
  | "ci_still_running"
  | "ci_must_pass"
  | "mergeable";

/** Of the newest commit; undefined when there is none for it. */
export function headPipeline(project: Project, mergeRequest: MergeRequestState): Pipeline | undefined {
  return project.pipelines.findLast(
    ({ mergeRequest: iid, sha }) => iid === mergeRequest.iid && sha === mergeRequest.head,
  );
}

export const isActive = (pipeline: Pipeline | undefined) =>
  pipeline !== undefined && ["created", "pending", "running"].includes(pipeline.status);

export const approvalsLeft = (project: Project, { approvals }: MergeRequestState) =>
  Math.max(0, project.settings.approvalsRequired - approvals.length);

/** What stands in the way apart from git and the pipeline, in the order in which GitLab looks. */
async function blocked(project: Project, mergeRequest: MergeRequestState): Promise<DetailedMergeStatus | undefined> {
  if (mergeRequest.state !== "opened") return "not_open";
  if (isDraft(mergeRequest)) return "draft_status";
  const { repository, settings } = project;
  const source = await repository.head(mergeRequest.sourceBranch);
  if (source === undefined || (await repository.head(mergeRequest.targetBranch)) === undefined) return "commits_status";
  if (mergeRequest.base === mergeRequest.head) return "commits_status";
  if (settings.discussionsMustBeResolved && unresolved(mergeRequest)) return "discussions_not_resolved";
  return approvalsLeft(project, mergeRequest) > 0 ? "not_approved" : undefined;
}

function pipelineProblem(project: Project, mergeRequest: MergeRequestState): DetailedMergeStatus | undefined {
  const { pipeline } = project.settings;
  if (pipeline === undefined || pipeline.mustSucceed === false) return undefined;
  const newest = headPipeline(project, mergeRequest);
  if (isActive(newest)) return "ci_still_running";
  return newest?.status === "success" ? undefined : "ci_must_pass";
}

async function gitProblem(project: Project, mergeRequest: MergeRequestState): Promise<DetailedMergeStatus | undefined> {
  if (mergeRequest.check === "cannot_be_merged") return "conflict";
  if (project.settings.mergeMethod !== "rebase_merge") return undefined;
  const target = await project.repository.head(mergeRequest.targetBranch);
  const upToDate = target !== undefined && (await project.repository.isAncestor(target, mergeRequest.head));
  return upToDate ? undefined : "need_rebase";
}

export async function detailedMergeStatus(
  project: Project,
  mergeRequest: MergeRequestState,
): Promise<DetailedMergeStatus> {
  const { check, state } = mergeRequest;
  if (state === "opened" && (check === "preparing" || check === "unchecked" || check === "checking")) return check;
  return (
    (await blocked(project, mergeRequest)) ??
    (await gitProblem(project, mergeRequest)) ??
    pipelineProblem(project, mergeRequest) ??
    "mergeable"
  );
}

/** Begins to find out whether git could merge it, unless that is known or under way. The answer comes late. */
export async function beginCheck(project: Project, mergeRequest: MergeRequestState): Promise<void> {
  if (mergeRequest.check !== "unchecked" || mergeRequest.state !== "opened") return;
  mergeRequest.check = "checking";
  const { mergeStatusTakesMs } = project.settings;
  if (mergeStatusTakesMs === 0) return finishCheck(project, mergeRequest);
  project.timers.after(mergeStatusTakesMs, () => void project.exclusive(() => finishCheck(project, mergeRequest)));
}

async function finishCheck(project: Project, mergeRequest: MergeRequestState): Promise<void> {
  const result = await gitCanMerge(project, mergeRequest);
  // A push meanwhile makes it a question of other commits.
  if (mergeRequest.check === "checking") mergeRequest.check = result ? "can_be_merged" : "cannot_be_merged";
}

export async function gitCanMerge(project: Project, mergeRequest: MergeRequestState): Promise<boolean> {
  const target = await project.repository.head(mergeRequest.targetBranch);
  if (target === undefined) return false;
  return (await mergedTree(project.repository, target, mergeRequest.head)) !== undefined;
}

/** One of its branches moved: what was found out is worth nothing. */
export function forgetCheck(mergeRequest: MergeRequestState): void {
  if (mergeRequest.check !== "preparing") mergeRequest.check = "unchecked";
}
