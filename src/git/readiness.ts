import type { MergeReadiness, PipelineState } from "../platform/git.ts";

/**
 * What GitLab's `detailed_merge_status` means for the bot. A word that is not here blocks: GitLab invents new checks, and none of
 * them may be passed over. Source: https://docs.gitlab.com/api/merge_requests/#merge-status
 */
const words: ReadonlyMap<string, MergeReadiness> = new Map([
  ["mergeable", "ready"],
  // Not computed yet, or in the middle of it.
  ["unchecked", "checking"],
  ["checking", "checking"],
  ["preparing", "checking"],
  ["approvals_syncing", "checking"],
  // Of the pipeline.
  ["ci_still_running", "pipeline-running"],
  ["ci_must_pass", "pipeline-running"],
  // Of people.
  ["not_approved", "approval-missing"],
  ["draft_status", "draft"],
  // Another commit is needed: also where the project merges only what is on top of the target branch.
  ["conflict", "conflict"],
  ["need_rebase", "conflict"],
  // What people have to settle in GitLab.
  ["commits_status", "blocked"],
  ["discussions_not_resolved", "blocked"],
  ["jira_association_missing", "blocked"],
  ["locked_lfs_files", "blocked"],
  ["locked_paths", "blocked"],
  ["merge_request_blocked", "blocked"],
  ["merge_time", "blocked"],
  ["not_open", "blocked"],
  ["requested_changes", "blocked"],
  ["security_policy_pipeline_check", "blocked"],
  ["security_policy_violations", "blocked"],
  ["status_checks_must_pass", "blocked"],
  ["title_regex", "blocked"],
]);

/**
 * How far a merge request is from being merged. A pipeline that runs or has failed counts whether or not the project demands that
 * it succeeds: what it checks is about to be applied to the clusters.
 */
export function readinessOf(word: string, pipeline: PipelineState): MergeReadiness {
  const readiness = words.get(word) ?? "blocked";
  if (readiness !== "ready" && readiness !== "pipeline-running") return readiness;
  if (pipeline === "failed") return "pipeline-failed";
  if (pipeline === "running") return "pipeline-running";
  // Right after a pipeline has ended, GitLab says for a moment that it must pass.
  return readiness === "pipeline-running" && pipeline === "succeeded" ? "checking" : readiness;
}

/**
 * Skipped: nothing was to be run. Manual: it waits for somebody. A word that is not here is one of GitLab's many before the end.
 * Source: https://docs.gitlab.com/api/pipelines/#list-project-pipelines
 */
export function pipelineStateOf(status: string | undefined): PipelineState {
  if (status === undefined) return "none";
  if (status === "success" || status === "skipped") return "succeeded";
  return status === "failed" || status === "canceled" || status === "canceling" ? "failed" : "running";
}
