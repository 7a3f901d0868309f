import { notFound, refused, unauthorized } from "../refusal.ts";
import { type Account, may } from "./accounts.ts";
import { approvalsLeft } from "./merge-status.ts";
import type { MergeRequestState } from "./model.ts";
import { addNote } from "./notes.ts";
import type { Project } from "./project.ts";

const hasApproved = ({ approvals }: MergeRequestState, account: Account) =>
  approvals.some(({ account: { id } }) => id === account.id);

/** Whoever opened it may not, nor whoever did already (https://docs.gitlab.com/user/project/merge_requests/approvals/settings/). */
export function mayApprove(mergeRequest: MergeRequestState, account: Account): boolean {
  return (
    mergeRequest.state === "opened" &&
    may(account, "developer") &&
    account.id !== mergeRequest.author.id &&
    !hasApproved(mergeRequest, account)
  );
}

/** Throws 409 for another sha than the head, 401 for who is not entitled. */
export function approve(project: Project, mergeRequest: MergeRequestState, by: Account, sha: string | undefined): void {
  if (sha !== undefined && sha !== mergeRequest.head)
    throw refused(`SHA does not match HEAD of source branch: ${mergeRequest.head}`, 409);
  if (!mayApprove(mergeRequest, by)) throw unauthorized();
  mergeRequest.approvals = [...mergeRequest.approvals, { account: by, at: new Date().toISOString() }];
  addNote(project, mergeRequest, by, "approved this merge request", "system");
  const action = approvalsLeft(project, mergeRequest) === 0 ? "approved" : "approval";
  project.events.emit("mergeRequest", { mergeRequest, by, action });
}

/** Throws 404 for who has not approved it. */
export function unapprove(project: Project, mergeRequest: MergeRequestState, by: Account): void {
  if (!hasApproved(mergeRequest, by) || mergeRequest.state === "merged") throw notFound();
  const wasApproved = approvalsLeft(project, mergeRequest) === 0;
  mergeRequest.approvals = mergeRequest.approvals.filter(({ account }) => account.id !== by.id);
  addNote(project, mergeRequest, by, "unapproved this merge request", "system");
  const action = wasApproved && approvalsLeft(project, mergeRequest) > 0 ? "unapproved" : "unapproval";
  project.events.emit("mergeRequest", { mergeRequest, by, action });
}
