import type { GitReader, MergeRequest, MergeRequestProposal } from "../platform/git.ts";
import { oneLine, truncate } from "../reports/render/clean.ts";
import type { GitLabApi } from "./gitlab.ts";
import type { Host } from "./host.ts";
import { harmless } from "./markdown.ts";
import { mergeRequestOf } from "./merge-request.ts";
import { mergeRequestListSchema, mergeRequestSchema, parsed, usersSchema } from "./schemas.ts";
import { settle } from "./settle.ts";

/** GitLab takes no longer title, and no longer description. */
const titleAtMost = 255;
const descriptionAtMost = 1_000_000;

/**
 * The open merge request from one branch to another, with this title and description. GitLab refuses a second one (409), so of two
 * who open it at once one finds the other's. Labels and reviewers are set when it is made; after that they are people's.
 */
export async function openMergeRequestOnce(
  host: Host,
  reader: Pick<GitReader, "mergeRequest">,
  proposal: MergeRequestProposal,
  signal: AbortSignal,
): Promise<MergeRequest> {
  const { sourceBranch, targetBranch, labels } = proposal;
  const title = truncate(harmless(oneLine(proposal.title)), titleAtMost);
  const description = truncate(harmless(proposal.description), descriptionAtMost);
  const api = await host.connect(signal);
  let existing: MergeRequest | undefined;
  return settle(host.limits, signal, {
    look: async () => {
      existing = await findOpen(host, reader, proposal, signal);
      if (existing === undefined) return undefined;
      const same = existing.title === title && existing.description.trim() === description.trim();
      return same ? existing : undefined;
    },
    act: async () => {
      const answer =
        existing === undefined
          ? await api.mergeRequests.create(host.project, sourceBranch, targetBranch, title, {
              description,
              labels: labels.join(","),
              reviewerIds: await idsOf(api, proposal.reviewers),
              removeSourceBranch: true,
            })
          : await api.mergeRequests.edit(host.project, existing.iid, { title, description });
      return mergeRequestOf(parsed("the merge request", mergeRequestSchema, answer));
    },
  });
}

async function findOpen(
  host: Host,
  reader: Pick<GitReader, "mergeRequest">,
  { sourceBranch, targetBranch }: MergeRequestProposal,
  signal: AbortSignal,
): Promise<MergeRequest | undefined> {
  const api = await host.connect(signal);
  const options = { state: "opened", scope: "all", sourceBranch, targetBranch, perPage: 100 } as const;
  const list = await api.mergeRequests.all({ projectId: host.project, ...options });
  // A fork may have a branch of the same name.
  const own = parsed("merge requests", mergeRequestListSchema, list).find(
    ({ source_project_id, target_project_id }) => source_project_id === target_project_id,
  );
  return own === undefined ? undefined : reader.mergeRequest(own.iid, signal);
}

/** Of the user names that GitLab knows. */
async function idsOf(api: GitLabApi, userNames: readonly string[]): Promise<number[]> {
  const found = await Promise.all(
    [...new Set(userNames)].map(async (username) => {
      const users = parsed("users", usersSchema, await api.users.all({ username }));
      return users.filter((user) => user.username.toLowerCase() === username.toLowerCase()).map(({ id }) => id);
    }),
  );
  return found.flat();
}
