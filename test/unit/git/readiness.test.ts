import { describe, expect, it } from "vitest";
import { pipelineStateOf, readinessOf } from "../../../src/git/readiness.ts";
import type { MergeReadiness, PipelineState } from "../../../src/platform/git.ts";

/** Every value that GitLab documents, https://docs.gitlab.com/api/merge_requests/#merge-status, with a pipeline that succeeded. */
const documented: readonly (readonly [string, MergeReadiness])[] = [
  ["approvals_syncing", "checking"],
  ["checking", "checking"],
  ["ci_must_pass", "checking"],
  ["ci_still_running", "checking"],
  ["commits_status", "blocked"],
  ["conflict", "conflict"],
  ["discussions_not_resolved", "blocked"],
  ["draft_status", "draft"],
  ["jira_association_missing", "blocked"],
  ["locked_lfs_files", "blocked"],
  ["locked_paths", "blocked"],
  ["merge_request_blocked", "blocked"],
  ["merge_time", "blocked"],
  ["mergeable", "ready"],
  ["need_rebase", "conflict"],
  ["not_approved", "approval-missing"],
  ["not_open", "blocked"],
  ["preparing", "checking"],
  ["requested_changes", "blocked"],
  ["security_policy_pipeline_check", "blocked"],
  ["security_policy_violations", "blocked"],
  ["status_checks_must_pass", "blocked"],
  ["title_regex", "blocked"],
  ["unchecked", "checking"],
];

describe("the readiness of a merge request", () => {
  it.each(documented)("%s, with a pipeline that succeeded, is %s", (word, readiness) => {
    expect(readinessOf(word, "succeeded")).toBe(readiness);
  });

  it.each<readonly [string, PipelineState, MergeReadiness]>([
    ["mergeable", "none", "ready"],
    ["mergeable", "running", "pipeline-running"],
    ["mergeable", "failed", "pipeline-failed"],
    ["ci_still_running", "running", "pipeline-running"],
    ["ci_must_pass", "running", "pipeline-running"],
    ["ci_must_pass", "failed", "pipeline-failed"],
    ["ci_must_pass", "none", "pipeline-running"],
    // A conflict is not mended by any pipeline, nor is a missing approval.
    ["conflict", "failed", "conflict"],
    ["not_approved", "running", "approval-missing"],
  ])("%s while the pipeline is %s is %s", (word, pipeline, readiness) => {
    expect(readinessOf(word, pipeline)).toBe(readiness);
  });

  it("is blocked for a word that GitLab has invented since", () => {
    expect(readinessOf("moon_must_be_full", "succeeded")).toBe("blocked");
    expect(readinessOf("constructor", "succeeded")).toBe("blocked");
  });
});

/** https://docs.gitlab.com/api/pipelines/#list-project-pipelines */
describe("the state of a pipeline", () => {
  it.each<readonly [string | undefined, PipelineState]>([
    [undefined, "none"],
    ["created", "running"],
    ["waiting_for_resource", "running"],
    ["preparing", "running"],
    ["pending", "running"],
    ["running", "running"],
    ["scheduled", "running"],
    ["manual", "running"],
    ["success", "succeeded"],
    ["skipped", "succeeded"],
    ["failed", "failed"],
    ["canceled", "failed"],
    ["canceling", "failed"],
  ])("%s is %s", (status, state) => {
    expect(pipelineStateOf(status)).toBe(state);
  });
});
