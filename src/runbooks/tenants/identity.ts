import type { Config } from "../../config/file.ts";
import type { Commit, MergeRequest } from "../../platform/git.ts";
import type { Requester } from "../definition.ts";

/** Slack id of somebody known to GitLab by this user name; undefined when dfbot.yaml does not say who that is. */
export function personOf(gitlab: string, config: Config): string | undefined {
  const same = (name: string) => name.toLowerCase() === gitlab.toLowerCase();
  return config.approvals.people.find((person) => same(person.gitlab))?.slack;
}

/** The user name in GitLab of somebody known by this Slack id. */
export function gitlabNameOf(slack: string, config: Config): string | undefined {
  return config.approvals.people.find((person) => person.slack === slack)?.gitlab;
}

/** In whose name a merge request is looked at that somebody opened in GitLab: the same id that their clicks have. */
export function requesterOf({ author }: Pick<MergeRequest, "author">, config: Config): Requester {
  return { surface: "webhook", id: personOf(author, config) ?? `gitlab:${author}` };
}

export interface Authors {
  /** Canonical ids of those who had a hand in it. */
  readonly known: readonly string[];
  /** Those of whom nobody can say who they are in Slack: user names, and the addresses of commits. */
  readonly unknown: readonly string[];
}

/**
 * Who had a hand in a merge request: its author, and the authors of its commits. Neither the bot's own account counts, nor commits
 * that the bot is known to have made by their sha. A commit's address may be anything that its author wrote; so one that belongs to
 * nobody leaves everybody suspected.
 */
export function authorsOf(
  mergeRequest: Pick<MergeRequest, "author">,
  commits: readonly Commit[],
  own: { readonly account: string; readonly commits: ReadonlySet<string> },
  config: Config,
): Authors {
  const { people } = config.approvals;
  const known = new Set<string>();
  const unknown = new Set<string>();
  const note = (person: string | undefined, name: string) => {
    if (person === undefined) unknown.add(name);
    else known.add(person);
  };
  if (mergeRequest.author !== own.account) note(personOf(mergeRequest.author, config), `@${mergeRequest.author}`);
  for (const { sha, authorEmail } of commits) {
    if (own.commits.has(sha)) continue;
    const address = authorEmail.toLowerCase();
    const owner = people.find(({ emails }) => emails.some((email) => email.toLowerCase() === address));
    note(owner?.slack, authorEmail);
  }
  return { known: [...known].toSorted(), unknown: [...unknown].toSorted() };
}
