import type { Account } from "../../world/accounts.ts";
import type { Project } from "../../world/project.ts";

/** A user as others see them. */
export function basicUser(project: Project, account: Account) {
  return {
    id: account.id,
    username: account.username,
    public_email: null,
    name: account.name,
    state: "active",
    locked: false,
    avatar_url: null,
    web_url: `${project.url}/${account.username}`,
  };
}

/** A user as they see themselves. */
export function ownUser(project: Project, account: Account) {
  return {
    ...basicUser(project, account),
    created_at: project.createdAt,
    bot: account.bot,
    email: account.email,
    commit_email: account.email,
    is_admin: account.admin,
    two_factor_enabled: false,
    external: false,
    private_profile: false,
  };
}
