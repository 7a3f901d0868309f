import { conflict, refused, unprocessable } from "../refusal.ts";
import type { Account } from "./accounts.ts";
import { beginCheck } from "./merge-status.ts";
import type { MergeRequestState } from "./model.ts";
import { addNote, touch } from "./notes.ts";
import { startPipeline } from "./pipelines.ts";
import type { Project } from "./project.ts";

export interface MergeRequestFields {
  readonly title: string;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly description?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly assignees?: readonly Account[] | undefined;
  readonly reviewers?: readonly Account[] | undefined;
  readonly squash?: boolean | undefined;
  readonly removeSourceBranch?: boolean | undefined;
}

/** Opens one. Throws the Refusal that GitLab answers with. */
export async function openMergeRequest(
  project: Project,
  by: Account,
  fields: MergeRequestFields,
): Promise<MergeRequestState> {
  const { repository } = project;
  const { title, description = "", sourceBranch, targetBranch } = fields;
  validateText(title, description);
  if (sourceBranch === targetBranch) throw unprocessable(["You can't use same project/branch for source and target"]);
  const head = await repository.head(sourceBranch);
  if (head === undefined) throw unprocessable([`Source branch "${sourceBranch}" does not exist`]);
  const start = await repository.head(targetBranch);
  if (start === undefined) throw unprocessable([`Target branch "${targetBranch}" does not exist`]);
  refuseSecond(project, sourceBranch, targetBranch);
  const now = new Date().toISOString();
  const mergeRequest: MergeRequestState = {
    id: project.nextId(),
    iid: project.mergeRequests.length + 1,
    author: by,
    sourceBranch,
    targetBranch,
    title,
    description,
    labels: [...new Set(fields.labels ?? [])],
    assignees: fields.assignees ?? [],
    reviewers: fields.reviewers ?? [],
    state: "opened",
    createdAt: now,
    updatedAt: now,
    preparedAt: undefined,
    notes: [],
    head,
    start,
    base: (await repository.mergeBase(start, head)) ?? start,
    check: "preparing",
    approvals: [],
    autoMerge: undefined,
    squash: fields.squash ?? false,
    removeSourceBranch: fields.removeSourceBranch ?? false,
    merged: undefined,
    squashSha: undefined,
    closed: undefined,
    mergeError: undefined,
  };
  project.mergeRequests.push(mergeRequest);
  const { mergeStatusTakesMs } = project.settings;
  if (mergeStatusTakesMs === 0) await prepare(project, mergeRequest);
  else project.timers.after(mergeStatusTakesMs / 2, () => void prepare(project, mergeRequest));
  project.events.emit("mergeRequest", { mergeRequest, by, action: "open" });
  startPipeline(project, mergeRequest, by);
  return mergeRequest;
}

/** What GitLab does in the background to a new one, at the end of which it begins to find out whether it can be merged. */
async function prepare(project: Project, mergeRequest: MergeRequestState): Promise<void> {
  mergeRequest.check = "unchecked";
  mergeRequest.preparedAt = new Date().toISOString();
  await beginCheck(project, mergeRequest);
}

export interface MergeRequestChange {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly assignees?: readonly Account[] | undefined;
  readonly reviewers?: readonly Account[] | undefined;
  readonly squash?: boolean | undefined;
  readonly removeSourceBranch?: boolean | undefined;
}

export function updateMergeRequest(
  project: Project,
  mergeRequest: MergeRequestState,
  by: Account,
  change: MergeRequestChange,
): void {
  validateText(change.title ?? mergeRequest.title, change.description ?? mergeRequest.description);
  const changes = Object.fromEntries(
    (["title", "description"] as const)
      .filter((key) => change[key] !== undefined && change[key] !== mergeRequest[key])
      .map((key) => [key, { previous: mergeRequest[key], current: change[key] }]),
  );
  Object.assign(mergeRequest, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)));
  touch(mergeRequest);
  project.events.emit("mergeRequest", { mergeRequest, by, action: "update", changes });
}

/** Nothing when it is not open. */
export function close(project: Project, mergeRequest: MergeRequestState, by: Account): void {
  if (mergeRequest.state !== "opened") return;
  mergeRequest.state = "closed";
  mergeRequest.closed = { by, at: new Date().toISOString() };
  mergeRequest.autoMerge = undefined;
  addNote(project, mergeRequest, by, "closed", "system");
  project.events.emit("mergeRequest", { mergeRequest, by, action: "close" });
}

/** Nothing when it is not closed; a merged one stays merged. */
export async function reopen(project: Project, mergeRequest: MergeRequestState, by: Account): Promise<void> {
  if (mergeRequest.state !== "closed") return;
  const head = await project.repository.head(mergeRequest.sourceBranch);
  if (head === undefined) throw unprocessable([`Source branch "${mergeRequest.sourceBranch}" does not exist`]);
  refuseSecond(project, mergeRequest.sourceBranch, mergeRequest.targetBranch);
  mergeRequest.state = "opened";
  mergeRequest.closed = undefined;
  if (head !== mergeRequest.head && project.settings.resetApprovalsOnPush) mergeRequest.approvals = [];
  mergeRequest.head = head;
  mergeRequest.base = (await project.repository.mergeBase(mergeRequest.start, head)) ?? mergeRequest.start;
  mergeRequest.check = "unchecked";
  addNote(project, mergeRequest, by, "reopened", "system");
  project.events.emit("mergeRequest", { mergeRequest, by, action: "reopen" });
}

export function markMerged(project: Project, mergeRequest: MergeRequestState, by: Account, sha: string): void {
  mergeRequest.state = "merged";
  mergeRequest.merged = { by, at: new Date().toISOString(), sha };
  mergeRequest.check = "can_be_merged";
  mergeRequest.autoMerge = undefined;
  addNote(project, mergeRequest, by, "merged", "system");
  project.events.emit("mergeRequest", { mergeRequest, by, action: "merge" });
}

function refuseSecond(project: Project, sourceBranch: string, targetBranch: string): void {
  const other = project.mergeRequests.find(
    (each) => each.state === "opened" && each.sourceBranch === sourceBranch && each.targetBranch === targetBranch,
  );
  if (other !== undefined)
    throw conflict([`Another open merge request already exists for this source branch: !${other.iid}`]);
}

function validateText(title: string, description: string): void {
  if (title.trim() === "") throw refused({ title: ["can't be blank"] });
  if (title.length > 255) throw refused({ title: ["is too long (maximum is 255 characters)"] });
  if (description.length > 1_048_576) throw refused({ description: ["is too long (maximum is 1048576 characters)"] });
}
