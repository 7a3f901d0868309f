import { z } from "zod";
import { diffsBetween } from "../../git/diffs.ts";
import { forbidden, invalid } from "../../refusal.ts";
import { type Account, may } from "../../world/accounts.ts";
import { merge } from "../../world/merge.ts";
import { close, openMergeRequest, reopen, updateMergeRequest } from "../../world/merge-requests.ts";
import { beginCheck } from "../../world/merge-status.ts";
import type { Project } from "../../world/project.ts";
import { runQuickActions, takeQuickActions } from "../../world/quick-actions.ts";
import { created, declared, mergeRequestOf, ok, type Route } from "../call.ts";
import { listed, listing } from "../merge-request-list.ts";
import { paginated } from "../pagination.ts";
import { commaSeparated, flag, integers, text } from "../parameters.ts";
import { commitShape, pipelineShape } from "../shapes/commits.ts";
import { listedMergeRequest, singleMergeRequest } from "../shapes/merge-requests.ts";

const shared = {
  description: z.string().optional(),
  labels: commaSeparated.optional(),
  assignee_ids: integers.optional(),
  reviewer_ids: integers.optional(),
  remove_source_branch: flag.optional(),
  squash: flag.optional(),
};
const creation = z.object({ title: text, source_branch: text, target_branch: text, ...shared });
const change = z.object({
  title: z.string().optional(),
  state_event: z.enum(["close", "reopen"]).optional(),
  add_labels: commaSeparated.optional(),
  remove_labels: commaSeparated.optional(),
  ...shared,
});
const merging = z.object({
  sha: text.optional(),
  merge_commit_message: z.string().optional(),
  squash_commit_message: z.string().optional(),
  should_remove_source_branch: flag.optional(),
  merge_when_pipeline_succeeds: flag.optional(),
  auto_merge: flag.optional(),
  squash: flag.optional(),
});

/** https://docs.gitlab.com/api/merge_requests/ */
export function mergeRequestRoutes(project: Project): readonly Route[] {
  const { repository } = project;
  const path = "projects/:id/merge_requests";
  /** Ids that nobody has are left out, as GitLab does. */
  const people = (ids: readonly number[] | undefined): readonly Account[] | undefined =>
    ids?.flatMap((id) => project.accounts.all.filter((account) => account.id === id && may(account, "guest")));
  const fieldsOf = (given: z.infer<typeof change> | z.infer<typeof creation>) => ({
    title: given.title,
    description: given.description,
    labels: given.labels,
    assignees: people(given.assignee_ids),
    reviewers: people(given.reviewer_ids),
    squash: given.squash,
    removeSourceBranch: given.remove_source_branch,
  });
  return [
    {
      method: "GET",
      path,
      answer: async (call) => {
        const query = declared(listing, call.query);
        const found = listed(project.mergeRequests, query);
        if (query.with_merge_status_recheck) await Promise.all(found.map((each) => beginCheck(project, each)));
        return paginated(call, found, (each) => listedMergeRequest(project, each));
      },
    },
    {
      method: "POST",
      path,
      answer: ({ account, body }) =>
        project.exclusive(async () => {
          const given = declared(creation, body);
          if (!may(account, "developer")) throw forbidden();
          const { rest, actions } = takeQuickActions(given.description ?? "");
          const mergeRequest = await openMergeRequest(project, account, {
            ...fieldsOf(given),
            description: rest,
            title: given.title,
            sourceBranch: given.source_branch,
            targetBranch: given.target_branch,
          });
          await runQuickActions(project, mergeRequest, account, actions);
          return created(await singleMergeRequest(project, mergeRequest, account));
        }),
    },
    {
      method: "GET",
      path: `${path}/:iid`,
      answer: async (call) => {
        const mergeRequest = mergeRequestOf(project, call);
        // Asking is what makes GitLab find out; this answer still says what it knew before.
        await beginCheck(project, mergeRequest);
        const { include_diverged_commits_count: count } = declared(
          z.object({ include_diverged_commits_count: flag.default(false) }),
          call.query,
        );
        const single = await singleMergeRequest(project, mergeRequest, call.account);
        if (!count) return ok(single);
        const { targetBranch, head } = mergeRequest;
        return ok({ ...single, diverged_commits_count: await repository.count(`${head}..refs/heads/${targetBranch}`) });
      },
    },
    {
      method: "PUT",
      path: `${path}/:iid`,
      answer: (call) =>
        project.exclusive(async () => {
          const mergeRequest = mergeRequestOf(project, call);
          const { account } = call;
          if (!may(account, "developer") && account.id !== mergeRequest.author.id) throw forbidden();
          const given = declared(change, call.body);
          const { state_event, add_labels = [], remove_labels = [], ...fields } = given;
          if (Object.values(given).every((value) => value === undefined))
            throw invalid(
              `${Object.keys(change.shape).join(", ")} are missing, at least one parameter must be provided`,
            );
          if (fields.title === "") throw invalid("title is empty");
          const labels = (fields.labels ?? mergeRequest.labels)
            .concat(add_labels)
            .filter((label) => !remove_labels.includes(label));
          const changesFields = Object.keys(given).some((key) => key !== "state_event");
          const { rest, actions } = takeQuickActions(fields.description ?? mergeRequest.description);
          if (changesFields)
            updateMergeRequest(project, mergeRequest, account, {
              ...fieldsOf(fields),
              description: rest,
              labels: [...new Set(labels)],
            });
          await runQuickActions(project, mergeRequest, account, actions);
          if (state_event === "close") close(project, mergeRequest, account);
          if (state_event === "reopen") await reopen(project, mergeRequest, account);
          return ok(await singleMergeRequest(project, mergeRequest, account));
        }),
    },
    {
      method: "PUT",
      path: `${path}/:iid/merge`,
      answer: (call) =>
        project.exclusive(async () => {
          const mergeRequest = mergeRequestOf(project, call);
          const given = declared(merging, call.body);
          await merge(project, mergeRequest, call.account, {
            sha: given.sha,
            autoMerge: given.auto_merge === true || given.merge_when_pipeline_succeeds === true,
            squash: given.squash,
            message: given.merge_commit_message,
            squashMessage: given.squash_commit_message,
            removeSourceBranch: given.should_remove_source_branch,
          });
          return ok(await singleMergeRequest(project, mergeRequest, call.account));
        }),
    },
    {
      method: "POST",
      path: `${path}/:iid/cancel_merge_when_pipeline_succeeds`,
      answer: (call) =>
        project.exclusive(async () => {
          const mergeRequest = mergeRequestOf(project, call);
          mergeRequest.autoMerge = undefined;
          return created({ status: "success" });
        }),
    },
    {
      method: "GET",
      path: `${path}/:iid/diffs`,
      answer: async (call) => {
        const { base, head } = mergeRequestOf(project, call);
        return paginated(call, await diffsBetween(repository, base, head), (diff) => diff);
      },
    },
    {
      method: "GET",
      path: `${path}/:iid/changes`,
      answer: async (call) => {
        const mergeRequest = mergeRequestOf(project, call);
        const changes = await diffsBetween(repository, mergeRequest.base, mergeRequest.head);
        return ok({
          ...(await singleMergeRequest(project, mergeRequest, call.account)),
          changes,
          overflow: changes.some(({ collapsed, too_large }) => collapsed || too_large),
        });
      },
    },
    {
      method: "GET",
      path: `${path}/:iid/commits`,
      answer: async (call) => {
        const { base, head } = mergeRequestOf(project, call);
        return paginated(call, await repository.log([`${base}..${head}`]), (commit) => commitShape(project, commit));
      },
    },
    {
      method: "GET",
      path: `${path}/:iid/pipelines`,
      answer: (call) => {
        const { iid } = mergeRequestOf(project, call);
        const pipelines = project.pipelines.filter(({ mergeRequest }) => mergeRequest === iid).toReversed();
        return paginated(call, pipelines, (pipeline) => pipelineShape(project, pipeline));
      },
    },
  ];
}
