import { z } from "zod";
import { forbidden, notFound, refused } from "../../refusal.ts";
import { type Account, accessLevels, may } from "../../world/accounts.ts";
import type { Project } from "../../world/project.ts";
import { moveBranch } from "../../world/pushes.ts";
import { created, declared, noContent, ok, type Route } from "../call.ts";
import { paginated } from "../pagination.ts";
import { text } from "../parameters.ts";
import { commitShape } from "../shapes/commits.ts";

/** https://docs.gitlab.com/api/branches/ */
export function branchRoutes(project: Project): readonly Route[] {
  const { repository, settings } = project;
  const shape = async (viewer: Account, { name, sha }: { readonly name: string; readonly sha: string }) => {
    const isProtected = project.isProtected(name);
    return {
      name,
      merged:
        name !== settings.branch && (await repository.isAncestor(sha, (await repository.head(settings.branch)) ?? sha)),
      protected: isProtected,
      default: name === settings.branch,
      developers_can_push:
        isProtected && settings.protection.push !== "nobody" && accessLevels[settings.protection.push] <= 30,
      developers_can_merge: isProtected && accessLevels[settings.protection.merge] <= 30,
      can_push: project.mayPush(viewer, name),
      web_url: `${project.webUrl}/-/tree/${encodeURIComponent(name)}`,
      commit: commitShape(project, await repository.commit(sha)),
    };
  };
  const existing = async (name: string) => {
    const sha = await repository.head(name);
    if (sha === undefined) throw notFound("Branch");
    return { name, sha };
  };
  return [
    {
      method: "GET",
      path: "projects/:id/repository/branches",
      answer: async (call) => {
        const { search = "" } = declared(z.object({ search: text.optional() }), call.query);
        const branches = (await repository.branches()).filter(({ name }) => matches(name, search));
        return paginated(call, branches, (branch) => shape(call.account, branch));
      },
    },
    {
      method: "GET",
      path: "projects/:id/repository/branches/:branch",
      answer: async ({ params, account }) => ok(await shape(account, await existing(params["branch"] ?? ""))),
    },
    {
      method: "POST",
      path: "projects/:id/repository/branches",
      answer: ({ account, body }) =>
        project.exclusive(async () => {
          const given = declared(z.object({ branch: text, ref: text }), body);
          if (!may(account, "developer")) throw forbidden();
          if (!(await repository.isBranchName(given.branch))) throw refused("Branch name is invalid");
          if ((await repository.head(given.branch)) !== undefined) throw refused("Branch already exists");
          const sha = await repository.resolve(given.ref);
          if (sha === undefined) throw refused(`Invalid reference name: ${given.ref}`);
          await moveBranch(project, given.branch, { from: undefined, to: sha, by: account });
          return created(await shape(account, { name: given.branch, sha }));
        }),
    },
    {
      method: "DELETE",
      path: "projects/:id/repository/branches/:branch",
      answer: ({ params, account }) =>
        project.exclusive(async () => {
          const { name, sha } = await existing(params["branch"] ?? "");
          if (name === settings.branch) throw refused("Cannot remove HEAD branch", 405);
          if (!project.mayPush(account, name)) throw refused("You dont have push access to repo", 405);
          await moveBranch(project, name, { from: sha, to: undefined, by: account });
          return noContent;
        }),
    },
  ];
}

/** `^begin`, `end$`, or a part of the name. */
function matches(name: string, search: string): boolean {
  if (search.startsWith("^")) return name.startsWith(search.slice(1));
  if (search.endsWith("$")) return name.endsWith(search.slice(0, -1));
  return name.includes(search);
}
