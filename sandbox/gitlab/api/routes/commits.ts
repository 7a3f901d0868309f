import { z } from "zod";
import { diffsBetween } from "../../git/diffs.ts";
import { writeCommit } from "../../git/write-commit.ts";
import { badRequest, forbidden, invalid, notFound, refused } from "../../refusal.ts";
import { commitAction, fileChanges } from "../../world/commit-actions.ts";
import type { Project } from "../../world/project.ts";
import { moveBranch } from "../../world/pushes.ts";
import { created, declared, ok, type Route } from "../call.ts";
import { paginated } from "../pagination.ts";
import { flag, text, time } from "../parameters.ts";
import { commitDetail, commitShape } from "../shapes/commits.ts";

const listing = z.object({
  ref_name: text.optional(),
  path: text.optional(),
  since: time.optional(),
  until: time.optional(),
  all: flag.optional(),
  first_parent: flag.optional(),
});

const commitBody = z.object({
  branch: z.string().optional(),
  commit_message: z.string().optional(),
  start_branch: z.string().optional(),
  start_sha: z.string().optional(),
  force: flag.default(false),
  author_name: z.string().optional(),
  author_email: z.string().optional(),
  actions: z.array(z.record(z.string(), z.unknown())).default([]),
});
type CommitBody = z.infer<typeof commitBody>;

/** https://docs.gitlab.com/api/commits/ */
export function commitRoutes(project: Project): readonly Route[] {
  const { repository } = project;
  const existing = async (ref: string) => {
    const sha = await repository.resolve(ref);
    if (sha === undefined) throw notFound("Commit");
    return repository.commit(sha);
  };
  return [
    {
      method: "GET",
      path: "projects/:id/repository/commits",
      answer: async (call) => {
        const given = declared(listing, call.query);
        const sha = given.all === true ? "--all" : await repository.resolve(given.ref_name ?? project.settings.branch);
        const commits =
          sha === undefined
            ? []
            : await repository.log([
                ...(given.since === undefined ? [] : [`--since=${given.since}`]),
                ...(given.until === undefined ? [] : [`--until=${given.until}`]),
                ...(given.first_parent === true ? ["--first-parent"] : []),
                sha,
                ...(given.path === undefined ? [] : ["--", `:(literal)${given.path}`]),
              ]);
        return paginated(call, commits, (commit) => commitShape(project, commit), { uncounted: true });
      },
    },
    {
      method: "GET",
      path: "projects/:id/repository/commits/:sha",
      answer: async ({ params }) => ok(await commitDetail(project, await existing(params["sha"] ?? ""))),
    },
    {
      method: "GET",
      path: "projects/:id/repository/commits/:sha/diff",
      answer: async (call) => {
        const { sha, parents } = await existing(call.params["sha"] ?? "");
        const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        return paginated(call, await diffsBetween(repository, parents[0] ?? emptyTree, sha), (diff) => diff);
      },
    },
    {
      method: "POST",
      path: "projects/:id/repository/commits",
      answer: ({ account, body }) =>
        project.exclusive(async () => {
          const given = declared(commitBody, body);
          const branch = given.branch ?? "";
          if (branch !== "" && !project.mayPush(account, branch))
            throw forbidden("You are not allowed to push into this branch");
          const actions = checkedActions(given);
          const { base, from } = await startOf(project, branch, given);
          const author = {
            name: given.author_name ?? account.name,
            email: given.author_email ?? account.email,
          };
          const sha = await writeCommit(repository, {
            parent: base,
            message: given.commit_message ?? "",
            author,
            committer: { name: account.name, email: account.email },
            changes: await fileChanges(repository, base, actions),
          });
          await moveBranch(project, branch, { from, to: sha, by: account });
          return created(await commitDetail(project, await repository.commit(sha)));
        }),
    },
  ];
}

/** In the words and the order of GitLab's own checks. */
function checkedActions(given: CommitBody) {
  if ((given.branch ?? "") === "") throw badRequest("branch is required");
  if ((given.commit_message ?? "") === "") throw badRequest("commit_message is required");
  if (given.actions.length === 0) throw badRequest("actions is required");
  if (given.start_sha !== undefined && given.start_branch !== undefined)
    throw badRequest("start_branch, start_sha are mutually exclusive");
  return given.actions.map((action, index) => {
    const name = `actions[${index}]`;
    if (!action["action"]) throw badRequest(`${name}[action] is required`);
    if (!action["file_path"]) throw badRequest(`${name}[file_path] is required`);
    const parsed = commitAction.safeParse(action);
    if (!parsed.success) {
      const field = String(parsed.error.issues[0]?.path[0]);
      if (field === "action") throw badRequest(`${name}[action] must be one of: create, update, move, delete, chmod`);
      if (field === "encoding") throw badRequest(`${name}[encoding] must be text or base64`);
      throw invalid(`${name}[${field}] is invalid`);
    }
    const { data } = parsed;
    if (data.action === "update" && data.content === undefined)
      throw badRequest(`${name}[content] is required for update action`);
    if (data.action === "move" && !data.previous_path)
      throw badRequest(`${name}[previous_path] is required for move action`);
    if (data.action === "chmod" && data.execute_filemode === undefined)
      throw badRequest(`${name}[execute_filemode] is required for chmod action`);
    return data;
  });
}

/** The commit that the new one is made on, and where the branch is now. */
async function startOf(project: Project, branch: string, given: CommitBody) {
  const { repository } = project;
  const from = await repository.head(branch);
  const other = given.start_sha !== undefined || (given.start_branch !== undefined && given.start_branch !== branch);
  if (given.start_sha !== undefined && !/^[0-9a-f]{40}$/.test(given.start_sha))
    throw refused(`Invalid start_sha '${given.start_sha}'`);
  const base =
    given.start_sha === undefined
      ? await repository.head(given.start_branch ?? branch)
      : await repository.resolve(given.start_sha);
  if (base === undefined)
    throw refused(
      given.start_sha === undefined
        ? "You can only create or edit files when you are on a branch"
        : `Cannot find start_sha '${given.start_sha}'`,
    );
  if (other && from !== undefined && !given.force)
    throw refused(`A branch called '${branch}' already exists. Switch to that branch in order to make changes`);
  if (!(await repository.isBranchName(branch)))
    throw refused(`Something went wrong when we tried to create '${branch}' for you: Branch name is invalid`);
  return { base, from };
}
