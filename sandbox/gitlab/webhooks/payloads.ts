import { titleOf } from "../api/shapes/commits.ts";
import { touchedPaths } from "../git/diffs.ts";
import { type CommitData, nowhere } from "../git/repository.ts";
import type { Account } from "../world/accounts.ts";
import { detailedMergeStatus } from "../world/merge-status.ts";
import { isDraft, type MergeRequestState, type Note, type Pipeline, unresolved } from "../world/model.ts";
import type { MergeRequestEvent, Project, PushEvent } from "../world/project.ts";

/** What GitLab posts (https://docs.gitlab.com/user/project/integrations/webhook_events/). */
export interface Payload {
  /** Of the header X-Gitlab-Event. */
  readonly event: "Push Hook" | "Merge Request Hook" | "Note Hook" | "Pipeline Hook";
  readonly body: Readonly<Record<string, unknown>>;
}

/** These payloads write times their own way: `2026-11-28 09:30:00 UTC`. */
const utc = (at: string | undefined) => (at === undefined ? null : `${at.slice(0, 19).replace("T", " ")} UTC`);

const userPart = ({ id, name, username, email }: Account) => ({ id, name, username, avatar_url: null, email });

function projectPart(project: Project) {
  const { path, branch } = project.settings;
  const { webUrl } = project;
  return {
    id: project.id,
    name: path.split("/").at(-1),
    description: null,
    web_url: webUrl,
    avatar_url: null,
    git_ssh_url: `git@sandbox:${path}.git`,
    git_http_url: `${webUrl}.git`,
    namespace: path.split("/").slice(0, -1).join("/"),
    visibility_level: 0,
    path_with_namespace: path,
    default_branch: branch,
    ci_config_path: null,
    homepage: webUrl,
    url: `git@sandbox:${path}.git`,
    ssh_url: `git@sandbox:${path}.git`,
    http_url: `${webUrl}.git`,
  };
}

function repositoryPart(project: Project) {
  const { path } = project.settings;
  return { name: path.split("/").at(-1), url: `git@sandbox:${path}.git`, description: null, homepage: project.webUrl };
}

function commitPart(project: Project, commit: CommitData) {
  return {
    id: commit.sha,
    message: `${commit.message}\n`,
    title: titleOf(commit.message),
    timestamp: commit.committedAt,
    url: `${project.webUrl}/-/commit/${commit.sha}`,
    author: commit.author,
  };
}

const labelParts = (mergeRequest: MergeRequestState) =>
  mergeRequest.labels.map((title, index) => ({ id: index + 1, title, color: "#6699cc", type: "ProjectLabel" }));

async function attributes(project: Project, mergeRequest: MergeRequestState) {
  return {
    id: mergeRequest.id,
    iid: mergeRequest.iid,
    target_branch: mergeRequest.targetBranch,
    source_branch: mergeRequest.sourceBranch,
    source_project_id: project.id,
    target_project_id: project.id,
    author_id: mergeRequest.author.id,
    assignee_ids: mergeRequest.assignees.map(({ id }) => id),
    assignee_id: mergeRequest.assignees[0]?.id ?? null,
    reviewer_ids: mergeRequest.reviewers.map(({ id }) => id),
    title: mergeRequest.title,
    description: mergeRequest.description,
    created_at: utc(mergeRequest.createdAt),
    updated_at: utc(mergeRequest.updatedAt),
    prepared_at: utc(mergeRequest.preparedAt),
    milestone_id: null,
    state: mergeRequest.state,
    state_id: { opened: 1, closed: 2, merged: 3 }[mergeRequest.state],
    blocking_discussions_resolved: !unresolved(mergeRequest),
    draft: isDraft(mergeRequest),
    work_in_progress: isDraft(mergeRequest),
    merge_status: mergeRequest.check,
    detailed_merge_status: await detailedMergeStatus(project, mergeRequest),
    merge_commit_sha: mergeRequest.merged?.sha ?? null,
    merge_user_id: mergeRequest.merged?.by.id ?? mergeRequest.autoMerge?.by.id ?? null,
    merge_when_pipeline_succeeds: mergeRequest.autoMerge !== undefined,
    url: `${project.webUrl}/-/merge_requests/${mergeRequest.iid}`,
    source: projectPart(project),
    target: projectPart(project),
    last_commit: commitPart(project, await project.repository.commit(mergeRequest.head)),
    labels: labelParts(mergeRequest),
  };
}

export async function mergeRequestPayload(project: Project, event: MergeRequestEvent): Promise<Payload> {
  const { mergeRequest, by, action, oldrev, changes = {} } = event;
  return {
    event: "Merge Request Hook",
    body: {
      object_kind: "merge_request",
      event_type: "merge_request",
      user: userPart(by),
      project: projectPart(project),
      repository: repositoryPart(project),
      object_attributes: {
        ...(await attributes(project, mergeRequest)),
        action,
        ...(oldrev === undefined ? {} : { oldrev }),
      },
      labels: labelParts(mergeRequest),
      changes,
      assignees: mergeRequest.assignees.map(userPart),
      reviewers: mergeRequest.reviewers.map(userPart),
    },
  };
}

export async function notePayload(project: Project, mergeRequest: MergeRequestState, note: Note): Promise<Payload> {
  return {
    event: "Note Hook",
    body: {
      object_kind: "note",
      event_type: "note",
      user: userPart(note.author),
      project_id: project.id,
      project: projectPart(project),
      repository: repositoryPart(project),
      object_attributes: {
        id: note.id,
        note: note.body,
        noteable_type: "MergeRequest",
        noteable_id: mergeRequest.id,
        author_id: note.author.id,
        created_at: utc(note.createdAt),
        updated_at: utc(note.updatedAt),
        project_id: project.id,
        system: note.system,
        internal: false,
        action: "create",
        url: `${project.webUrl}/-/merge_requests/${mergeRequest.iid}#note_${note.id}`,
      },
      merge_request: await attributes(project, mergeRequest),
    },
  };
}

export async function pushPayload(project: Project, { branch, before, after, by }: PushEvent): Promise<Payload> {
  const { repository } = project;
  const range = after === undefined ? undefined : before === undefined ? ["-1", after] : [`${before}..${after}`];
  const commits = range === undefined ? [] : await repository.log(["--reverse", ...range]);
  return {
    event: "Push Hook",
    body: {
      object_kind: "push",
      event_name: "push",
      before: before ?? nowhere,
      after: after ?? nowhere,
      ref: `refs/heads/${branch}`,
      ref_protected: project.isProtected(branch),
      checkout_sha: after ?? null,
      message: null,
      user_id: by.id,
      user_name: by.name,
      user_username: by.username,
      user_email: by.email,
      user_avatar: null,
      project_id: project.id,
      project: projectPart(project),
      commits: await Promise.all(
        // No more than twenty are told of.
        commits.slice(-20).map(async (commit) => ({
          ...commitPart(project, commit),
          ...(await touchedPaths(repository, commit.sha)),
        })),
      ),
      total_commits_count: commits.length,
      push_options: {},
      repository: repositoryPart(project),
    },
  };
}

export async function pipelinePayload(project: Project, pipeline: Pipeline): Promise<Payload> {
  const mergeRequest = project.mergeRequest(pipeline.mergeRequest);
  return {
    event: "Pipeline Hook",
    body: {
      object_kind: "pipeline",
      object_attributes: {
        id: pipeline.id,
        iid: pipeline.iid,
        name: null,
        ref: mergeRequest?.sourceBranch ?? null,
        tag: false,
        sha: pipeline.sha,
        before_sha: nowhere,
        source: "merge_request_event",
        status: pipeline.status,
        detailed_status: pipeline.status === "success" ? "passed" : pipeline.status,
        stages: ["check"],
        created_at: utc(pipeline.createdAt),
        finished_at: utc(pipeline.finishedAt),
        duration: null,
        url: `${project.webUrl}/-/pipelines/${pipeline.id}`,
      },
      merge_request:
        mergeRequest === undefined
          ? null
          : {
              id: mergeRequest.id,
              iid: mergeRequest.iid,
              title: mergeRequest.title,
              source_branch: mergeRequest.sourceBranch,
              source_project_id: project.id,
              target_branch: mergeRequest.targetBranch,
              target_project_id: project.id,
              state: mergeRequest.state,
              merge_status: mergeRequest.check,
              detailed_merge_status: await detailedMergeStatus(project, mergeRequest),
              url: `${project.webUrl}/-/merge_requests/${mergeRequest.iid}`,
            },
      user: userPart(pipeline.user),
      project: projectPart(project),
      commit: commitPart(project, await project.repository.commit(pipeline.sha)),
      builds: [],
    },
  };
}
