import { z } from "zod";
import { isDraft, type MergeRequestState } from "../world/model.ts";
import { commaSeparated, flag, integers, text, time } from "./parameters.ts";

/** https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests */
export const listing = z.object({
  state: z.enum(["opened", "closed", "merged", "locked", "all"]).default("all"),
  order_by: z.enum(["created_at", "updated_at", "merged_at", "title"]).default("created_at"),
  sort: z.enum(["asc", "desc"]).default("desc"),
  source_branch: text.optional(),
  target_branch: text.optional(),
  author_username: text.optional(),
  labels: commaSeparated.optional(),
  updated_after: time.optional(),
  updated_before: time.optional(),
  created_after: time.optional(),
  wip: z.enum(["yes", "no"]).optional(),
  search: text.optional(),
  with_merge_status_recheck: flag.default(false),
  "iids[]": integers.optional(),
  iids: integers.optional(),
});

type Listing = z.infer<typeof listing>;

/** Those that were asked for, in the order that was asked for. */
export function listed(all: readonly MergeRequestState[], query: Listing): readonly MergeRequestState[] {
  return all.filter((each) => isListed(each, query)).toSorted(ordering(query));
}

function isListed(each: MergeRequestState, query: Listing): boolean {
  const iids = query["iids[]"] ?? query.iids;
  return (
    (query.state === "all" || each.state === query.state) &&
    (iids === undefined || iids.includes(each.iid)) &&
    (query.source_branch === undefined || each.sourceBranch === query.source_branch) &&
    (query.target_branch === undefined || each.targetBranch === query.target_branch) &&
    (query.author_username === undefined || each.author.username === query.author_username) &&
    (query.labels === undefined || query.labels.every((label) => each.labels.includes(label))) &&
    (query.wip === undefined || isDraft(each) === (query.wip === "yes")) &&
    (query.search === undefined ||
      `${each.title}\n${each.description}`.toLowerCase().includes(query.search.toLowerCase())) &&
    (query.updated_after === undefined || Date.parse(each.updatedAt) >= Date.parse(query.updated_after)) &&
    (query.updated_before === undefined || Date.parse(each.updatedAt) <= Date.parse(query.updated_before)) &&
    (query.created_after === undefined || Date.parse(each.createdAt) >= Date.parse(query.created_after))
  );
}

function ordering({ order_by, sort }: Listing) {
  const key = (each: MergeRequestState) =>
    order_by === "title"
      ? each.title
      : order_by === "merged_at"
        ? (each.merged?.at ?? "")
        : order_by === "updated_at"
          ? each.updatedAt
          : each.createdAt;
  const sign = sort === "asc" ? 1 : -1;
  return (a: MergeRequestState, b: MergeRequestState) =>
    sign * (key(a) === key(b) ? a.iid - b.iid : key(a) < key(b) ? -1 : 1);
}
