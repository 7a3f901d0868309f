import type { Commit, MergeRequest } from "../platform/git.ts";
import { pipelineStateOf, readinessOf } from "./readiness.ts";
import type { CommitAnswer, MergeRequestAnswer } from "./schemas.ts";

export function commitOf(answer: CommitAnswer): Commit {
  return {
    sha: answer.id,
    parents: answer.parent_ids,
    message: answer.message,
    authorName: answer.author_name,
    authorEmail: answer.author_email,
    at: new Date(answer.committed_date).toISOString(),
  };
}

export function mergeRequestOf(answer: MergeRequestAnswer): MergeRequest {
  const pipeline = pipelineStateOf(answer.head_pipeline?.status);
  const merged = answer.state === "merged";
  return {
    iid: answer.iid,
    url: answer.web_url,
    title: answer.title,
    description: answer.description ?? "",
    state: answer.state,
    sourceBranch: answer.source_branch,
    targetBranch: answer.target_branch,
    fromFork: answer.source_project_id !== answer.target_project_id,
    head: answer.sha ?? "",
    author: answer.author.username,
    labels: answer.labels,
    readiness: readinessOf(answer.detailed_merge_status, pipeline),
    readinessWord: answer.detailed_merge_status,
    pipeline: { state: pipeline, url: answer.head_pipeline?.web_url ?? undefined },
    // A project that only moves its branch forward has no merge commit.
    mergedAs: merged ? (answer.merge_commit_sha ?? answer.squash_commit_sha ?? answer.sha ?? undefined) : undefined,
    mergedBy: merged ? (answer.merge_user ?? answer.merged_by)?.username : undefined,
    closedBy: answer.closed_by?.username,
    updatedAt: new Date(answer.updated_at).toISOString(),
  };
}
