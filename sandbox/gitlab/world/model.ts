import type { Account } from "./accounts.ts";

export type PipelineStatus = "created" | "pending" | "running" | "success" | "failed" | "canceled";

export interface Pipeline {
  readonly id: number;
  readonly iid: number;
  readonly sha: string;
  readonly mergeRequest: number;
  readonly user: Account;
  readonly createdAt: string;
  startedAt: string | undefined;
  finishedAt: string | undefined;
  updatedAt: string;
  status: PipelineStatus;
}

export interface Note {
  readonly id: number;
  readonly author: Account;
  readonly createdAt: string;
  readonly system: boolean;
  /** A thread, which may have to be resolved before the merge. */
  readonly resolvable: boolean;
  updatedAt: string;
  resolvedBy: Account | undefined;
  body: string;
}

/**
 * How far GitLab is with finding out whether git could merge it: found out late, and forgotten whenever one of the two branches
 * moves (https://docs.gitlab.com/api/merge_requests/#merge-status).
 */
export type MergeCheck = "preparing" | "unchecked" | "checking" | "can_be_merged" | "cannot_be_merged";

export interface MergeOptions {
  readonly message?: string | undefined;
  readonly squashMessage?: string | undefined;
  readonly removeSourceBranch?: boolean | undefined;
}

export interface MergeRequestState {
  readonly id: number;
  readonly iid: number;
  readonly author: Account;
  readonly sourceBranch: string;
  readonly createdAt: string;
  readonly notes: Note[];
  targetBranch: string;
  title: string;
  description: string;
  labels: readonly string[];
  assignees: readonly Account[];
  reviewers: readonly Account[];
  state: "opened" | "closed" | "merged";
  updatedAt: string;
  preparedAt: string | undefined;
  /** Newest commit of the source branch that GitLab saw, where it left the target branch, and the target's head then. */
  head: string;
  base: string;
  start: string;
  check: MergeCheck;
  approvals: readonly { readonly account: Account; readonly at: string }[];
  autoMerge: { readonly by: Account; readonly sha: string; readonly options: MergeOptions } | undefined;
  squash: boolean;
  removeSourceBranch: boolean;
  merged: { readonly by: Account; readonly at: string; readonly sha: string } | undefined;
  squashSha: string | undefined;
  closed: { readonly by: Account; readonly at: string } | undefined;
  mergeError: string | undefined;
}

/** Draft by its title (https://docs.gitlab.com/user/project/merge_requests/drafts/). */
export const isDraft = ({ title }: Pick<MergeRequestState, "title">) => /^\s*(\[draft\]|\(draft\)|draft:)/i.test(title);

export const unresolved = ({ notes }: Pick<MergeRequestState, "notes">) =>
  notes.some(({ resolvable, resolvedBy }) => resolvable && resolvedBy === undefined);
