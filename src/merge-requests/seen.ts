import type { HostApprovals, MergeRequest } from "../platform/git.ts";
import type { SeenMergeRequest } from "../runbooks/durable/record.ts";

/** What a run's card shows of its merge request. */
export function seenOf(mergeRequest: MergeRequest, { by: approvedBy }: HostApprovals): SeenMergeRequest {
  const { iid, url, state, head, pipeline, mergedBy, closedBy } = mergeRequest;
  const by = state === "merged" ? mergedBy : state === "closed" ? closedBy : undefined;
  return {
    iid,
    url,
    state,
    head,
    pipeline: pipeline.state,
    approvedBy: [...approvedBy].sort(),
    ...(by === undefined ? {} : { by }),
  };
}

export function isSame(one: SeenMergeRequest | undefined, other: SeenMergeRequest): boolean {
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

/**
 * What people did in the Git host between two looks, a sentence each; nothing for a first look at one that is as it was opened, nor for
 * what the bot's own account did. A push is not told of: the run asks again, and says why.
 */
export function newsOf(before: SeenMergeRequest | undefined, now: SeenMergeRequest, self: string): readonly string[] {
  const approved = now.approvedBy.filter((name) => !(before?.approvedBy ?? []).includes(name));
  const withdrawn = (before?.approvedBy ?? []).filter((name) => !now.approvedBy.includes(name));
  const who = now.by === undefined ? "" : ` by ${now.by}`;
  return [
    ...approved.map((name) => `Approved in GitLab by ${name}`),
    ...withdrawn.map((name) => `${name} took the approval in GitLab back`),
    ...(now.pipeline === "failed" && before?.pipeline !== "failed" ? ["Its pipeline failed"] : []),
    ...(now.state === "merged" && before?.state !== "merged" && now.by !== self ? [`Merged in GitLab${who}`] : []),
    ...(now.state === "closed" && before?.state !== "closed" && now.by !== self ? [`Closed in GitLab${who}`] : []),
    ...(now.state === "opened" && before?.state === "closed" ? ["Opened again"] : []),
  ];
}
