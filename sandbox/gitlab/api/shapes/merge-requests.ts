import type { Account } from "../../world/accounts.ts";
import { mayApprove } from "../../world/approvals.ts";
import { approvalsLeft, detailedMergeStatus, headPipeline } from "../../world/merge-status.ts";
import { isDraft, type MergeRequestState, type Note, unresolved } from "../../world/model.ts";
import type { Project } from "../../world/project.ts";
import { basicUser } from "./accounts.ts";
import { pipelineDetail, pipelineShape } from "./commits.ts";

/** A merge request as lists have it (https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests). */
export async function listedMergeRequest(project: Project, mergeRequest: MergeRequestState) {
  const user = (account: Account | undefined) => (account === undefined ? null : basicUser(project, account));
  const { iid, merged, closed } = mergeRequest;
  const short = `!${iid}`;
  const full = `${project.settings.path}${short}`;
  return {
    id: mergeRequest.id,
    iid,
    project_id: project.id,
    title: mergeRequest.title,
    description: mergeRequest.description,
    state: mergeRequest.state,
    created_at: mergeRequest.createdAt,
    updated_at: mergeRequest.updatedAt,
    merged_by: user(merged?.by),
    merge_user: user(merged?.by ?? mergeRequest.autoMerge?.by),
    merged_at: merged?.at ?? null,
    closed_by: user(closed?.by),
    closed_at: closed?.at ?? null,
    target_branch: mergeRequest.targetBranch,
    source_branch: mergeRequest.sourceBranch,
    user_notes_count: mergeRequest.notes.filter(({ system }) => !system).length,
    upvotes: 0,
    downvotes: 0,
    author: user(mergeRequest.author),
    assignees: mergeRequest.assignees.map(user),
    assignee: user(mergeRequest.assignees[0]),
    reviewers: mergeRequest.reviewers.map(user),
    source_project_id: project.id,
    target_project_id: project.id,
    labels: mergeRequest.labels.toSorted(),
    draft: isDraft(mergeRequest),
    imported: false,
    imported_from: "none",
    work_in_progress: isDraft(mergeRequest),
    milestone: null,
    merge_when_pipeline_succeeds: mergeRequest.autoMerge !== undefined,
    merge_status: publicCheck(mergeRequest),
    detailed_merge_status: await detailedMergeStatus(project, mergeRequest),
    merge_after: null,
    sha: mergeRequest.head,
    merge_commit_sha: merged?.sha ?? null,
    squash_commit_sha: mergeRequest.squashSha ?? null,
    discussion_locked: null,
    should_remove_source_branch: null,
    force_remove_source_branch: mergeRequest.removeSourceBranch,
    prepared_at: mergeRequest.preparedAt ?? null,
    reference: short,
    references: { short, relative: short, full },
    web_url: `${project.webUrl}/-/merge_requests/${iid}`,
    time_stats: { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null },
    squash: mergeRequest.squash,
    squash_on_merge: mergeRequest.squash,
    task_completion_status: { count: 0, completed_count: 0 },
    has_conflicts: mergeRequest.check === "cannot_be_merged",
    blocking_discussions_resolved: !unresolved(mergeRequest),
    approvals_before_merge: null,
  };
}

/** A merge request by itself. */
export async function singleMergeRequest(project: Project, mergeRequest: MergeRequestState, viewer: Account) {
  const pipeline = headPipeline(project, mergeRequest);
  const { base, head, start } = mergeRequest;
  const changes = await project.repository.git.text(["diff", "--name-only", "-z", "-M", base, head]);
  return {
    ...(await listedMergeRequest(project, mergeRequest)),
    subscribed: mergeRequest.author.id === viewer.id,
    // A string, as in GitLab, which may be "1000+".
    changes_count: String(changes.split("\0").filter(Boolean).length),
    latest_build_started_at: pipeline?.startedAt ?? null,
    latest_build_finished_at: pipeline?.finishedAt ?? null,
    first_deployed_to_production_at: null,
    pipeline: pipeline === undefined ? null : pipelineShape(project, pipeline),
    head_pipeline: pipeline === undefined ? null : pipelineDetail(project, pipeline),
    diff_refs: { base_sha: base, head_sha: head, start_sha: start },
    merge_error: mergeRequest.mergeError ?? null,
    first_contribution: false,
    user: { can_merge: project.mayMerge(viewer, mergeRequest.targetBranch) },
  };
}

/** The older, coarser word; what a preparing one is called there is `checking`. */
function publicCheck({ check }: MergeRequestState): string {
  return check === "preparing" ? "checking" : check;
}

export async function approvalsShape(project: Project, mergeRequest: MergeRequestState, viewer: Account) {
  const left = approvalsLeft(project, mergeRequest);
  return {
    id: mergeRequest.id,
    iid: mergeRequest.iid,
    project_id: project.id,
    title: mergeRequest.title,
    description: mergeRequest.description,
    state: mergeRequest.state,
    created_at: mergeRequest.createdAt,
    updated_at: mergeRequest.updatedAt,
    merge_status: publicCheck(mergeRequest),
    approved: left === 0,
    approvals_required: project.settings.approvalsRequired,
    approvals_left: left,
    require_password_to_approve: false,
    approved_by: mergeRequest.approvals.map(({ account, at }) => ({
      user: basicUser(project, account),
      approved_at: at,
    })),
    suggested_approvers: [],
    approvers: [],
    approver_groups: [],
    user_has_approved: mergeRequest.approvals.some(({ account }) => account.id === viewer.id),
    user_can_approve: mayApprove(mergeRequest, viewer),
    approval_rules_left: [],
    has_approval_rules: project.settings.approvalsRequired > 0,
    merge_request_approvers_available: true,
    multiple_approval_rules_available: true,
    invalid_approvers_rules: [],
  };
}

export function noteShape(project: Project, mergeRequest: MergeRequestState, note: Note) {
  return {
    id: note.id,
    type: note.resolvable ? "DiscussionNote" : null,
    body: note.body,
    author: basicUser(project, note.author),
    created_at: note.createdAt,
    updated_at: note.updatedAt,
    system: note.system,
    noteable_id: mergeRequest.id,
    noteable_type: "MergeRequest",
    project_id: project.id,
    resolvable: note.resolvable,
    ...(note.resolvable
      ? {
          resolved: note.resolvedBy !== undefined,
          resolved_by: note.resolvedBy === undefined ? null : basicUser(project, note.resolvedBy),
        }
      : {}),
    confidential: false,
    internal: false,
    imported: false,
    imported_from: "none",
    noteable_iid: mergeRequest.iid,
    commands_changes: {},
  };
}
