import type { Account } from "./accounts.ts";
import { headPipeline, isActive } from "./merge-status.ts";
import type { MergeRequestState, Pipeline, PipelineStatus } from "./model.ts";
import type { Project } from "./project.ts";

/** Starts the pipeline for the newest commit of a merge request, and cancels those of older ones. */
export function startPipeline(project: Project, mergeRequest: MergeRequestState, by: Account): Pipeline | undefined {
  const { pipeline: options } = project.settings;
  if (options === undefined) return undefined;
  for (const older of project.pipelines)
    if (older.mergeRequest === mergeRequest.iid && isActive(older)) setStatus(project, older, "canceled");
  const now = new Date().toISOString();
  const pipeline: Pipeline = {
    id: project.nextId(),
    iid: project.pipelines.length + 1,
    sha: mergeRequest.head,
    mergeRequest: mergeRequest.iid,
    user: by,
    createdAt: now,
    updatedAt: now,
    startedAt: undefined,
    finishedAt: undefined,
    status: "created",
  };
  project.pipelines.push(pipeline);
  setStatus(project, pipeline, "pending");
  // A runner takes it up after a while.
  project.timers.after(Math.max(1, options.takesMs / 10), () => {
    if (pipeline.status === "pending") setStatus(project, pipeline, "running");
  });
  project.timers.after(Math.max(1, options.takesMs), () => {
    if (isActive(pipeline)) setStatus(project, pipeline, options.outcome?.(pipeline.sha) ?? "success");
  });
  return pipeline;
}

/** Ends the pipeline of the newest commit as wished, whatever state it is in; false when there is none. */
export function endPipeline(project: Project, mergeRequest: MergeRequestState, status: "success" | "failed"): boolean {
  const pipeline = headPipeline(project, mergeRequest);
  if (pipeline === undefined) return false;
  setStatus(project, pipeline, status);
  return true;
}

function setStatus(project: Project, pipeline: Pipeline, status: PipelineStatus): void {
  if (pipeline.status === status) return;
  const now = new Date().toISOString();
  pipeline.status = status;
  pipeline.updatedAt = now;
  if (status === "running") pipeline.startedAt = now;
  if (!isActive(pipeline)) pipeline.finishedAt = now;
  project.events.emit("pipeline", pipeline);
}
