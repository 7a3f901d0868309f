import { z } from "zod";
import { accessLevels } from "../../world/accounts.ts";
import type { Project } from "../../world/project.ts";
import { declared, ok, type Route } from "../call.ts";
import { paginated } from "../pagination.ts";
import { text } from "../parameters.ts";
import { basicUser, ownUser } from "../shapes/accounts.ts";

const version = "19.5.1-ee";

/** Users, the token itself, the instance and the project. */
export function accountRoutes(project: Project): readonly Route[] {
  return [
    { method: "GET", path: "user", scopes: ["read_user"], answer: ({ account }) => ok(ownUser(project, account)) },
    {
      method: "GET",
      path: "users",
      scopes: ["read_user"],
      answer: (call) => {
        const { username } = declared(z.object({ username: text.optional() }), call.query);
        const all = project.accounts.all;
        const found =
          username === undefined ? all : [project.accounts.find(username)].filter((one) => one !== undefined);
        return paginated(call, found, (account) => basicUser(project, account));
      },
    },
    {
      method: "GET",
      path: "personal_access_tokens/self",
      scopes: ["read_user", "read_repository", "write_repository"],
      answer: ({ token }) =>
        ok({
          id: token.account.id,
          name: token.account.username,
          revoked: token.revoked,
          created_at: project.createdAt,
          scopes: token.scopes,
          user_id: token.account.id,
          active: true,
          expires_at: null,
        }),
    },
    {
      method: "GET",
      path: "version",
      scopes: ["read_user"],
      answer: () => ok({ version, revision: "sandbox", enterprise: true }),
    },
    {
      method: "GET",
      path: "projects/:id",
      answer: ({ account }) => {
        const { settings } = project;
        const [namespace = "", name = settings.path] = [
          settings.path.split("/").slice(0, -1).join("/"),
          settings.path.split("/").at(-1),
        ];
        return ok({
          id: project.id,
          description: null,
          name,
          name_with_namespace: settings.path.replaceAll("/", " / "),
          path: name,
          path_with_namespace: settings.path,
          created_at: project.createdAt,
          default_branch: settings.branch,
          http_url_to_repo: `${project.webUrl}.git`,
          web_url: project.webUrl,
          namespace: { id: 1, name: namespace, path: namespace, kind: "group", full_path: namespace },
          visibility: "private",
          archived: false,
          empty_repo: false,
          merge_requests_enabled: true,
          merge_method: settings.mergeMethod,
          squash_option: "default_off",
          only_allow_merge_if_pipeline_succeeds:
            settings.pipeline !== undefined && settings.pipeline.mustSucceed !== false,
          only_allow_merge_if_all_discussions_are_resolved: settings.discussionsMustBeResolved,
          remove_source_branch_after_merge: false,
          approvals_before_merge: settings.approvalsRequired,
          permissions: {
            project_access: { access_level: accessLevels[account.access], notification_level: 3 },
            group_access: null,
          },
        });
      },
    },
  ];
}
