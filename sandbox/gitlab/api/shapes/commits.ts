import type { CommitData } from "../../git/repository.ts";
import { isActive } from "../../world/merge-status.ts";
import type { Pipeline } from "../../world/model.ts";
import type { Project } from "../../world/project.ts";

const milliseconds = (at: string) => new Date(at).toISOString();

export function commitShape(project: Project, commit: CommitData) {
  return {
    id: commit.sha,
    short_id: commit.sha.slice(0, 8),
    created_at: milliseconds(commit.committedAt),
    parent_ids: commit.parents,
    title: titleOf(commit.message),
    message: `${commit.message}\n`,
    author_name: commit.author.name,
    author_email: commit.author.email,
    authored_date: milliseconds(commit.authoredAt),
    committer_name: commit.committer.name,
    committer_email: commit.committer.email,
    committed_date: milliseconds(commit.committedAt),
    trailers: {},
    extended_trailers: {},
    web_url: `${project.webUrl}/-/commit/${commit.sha}`,
  };
}

/** One commit by itself says more, lines added and removed among it. */
export async function commitDetail(project: Project, commit: CommitData) {
  const numbers = await project.repository.git.text([
    "diff-tree",
    "--root",
    "-r",
    "--no-commit-id",
    "--numstat",
    ...(commit.parents[0] === undefined ? [commit.sha] : [commit.parents[0], commit.sha]),
  ]);
  const sum = (column: 0 | 1) =>
    numbers.split("\n").reduce((total, line) => total + (Number.parseInt(line.split("\t")[column] ?? "", 10) || 0), 0);
  const [additions, deletions] = [sum(0), sum(1)];
  const pipeline = project.pipelines.findLast(({ sha }) => sha === commit.sha);
  return {
    ...commitShape(project, commit),
    stats: { additions, deletions, total: additions + deletions },
    status: pipeline?.status ?? null,
    project_id: project.id,
    last_pipeline: pipeline === undefined ? null : pipelineShape(project, pipeline),
  };
}

export const titleOf = (message: string) => message.split("\n")[0] ?? "";

export function pipelineShape(project: Project, pipeline: Pipeline) {
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    project_id: project.id,
    sha: pipeline.sha,
    ref: `refs/merge-requests/${pipeline.mergeRequest}/head`,
    status: pipeline.status,
    source: "merge_request_event",
    created_at: pipeline.createdAt,
    updated_at: pipeline.updatedAt,
    web_url: `${project.webUrl}/-/pipelines/${pipeline.id}`,
  };
}

export function pipelineDetail(project: Project, pipeline: Pipeline) {
  const label = pipeline.status === "success" ? "passed" : pipeline.status;
  const duration =
    pipeline.startedAt === undefined || pipeline.finishedAt === undefined
      ? null
      : Math.round((Date.parse(pipeline.finishedAt) - Date.parse(pipeline.startedAt)) / 1_000);
  return {
    ...pipelineShape(project, pipeline),
    before_sha: "0".repeat(40),
    tag: false,
    yaml_errors: null,
    user: { id: pipeline.user.id, username: pipeline.user.username, name: pipeline.user.name, state: "active" },
    started_at: pipeline.startedAt ?? null,
    finished_at: pipeline.finishedAt ?? null,
    committed_at: null,
    duration,
    queued_duration: null,
    coverage: null,
    archived: false,
    detailed_status: {
      icon: `status_${pipeline.status}`,
      text: label,
      label,
      group: pipeline.status,
      tooltip: label,
      has_details: isActive(pipeline),
      details_path: `/${project.settings.path}/-/pipelines/${pipeline.id}`,
    },
  };
}
