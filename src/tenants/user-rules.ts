import type { Config } from "../config/file.ts";
import type { ServerUser } from "../platform/server.ts";
import { parseUserLine } from "../platform/server-user.ts";
import type { Tree } from "./draft.ts";
import { accessListSpot } from "./users.ts";
import { blockLines } from "./yaml/block.ts";

/** Users of the shared instance as Git has them, to be held against what the servers say. */

/** The users with their rules, without passwords. Throws BotError `tenant.tree` when the list is not where it is expected. */
export function userRulesIn(tree: Tree, config: Config): readonly ServerUser[] {
  const rules = blockLines(accessListSpot(tree, config)).filter((line) => line.startsWith("USER "));
  // The password is an action of a template, with blanks in it.
  return rules.flatMap((line) => parseUserLine(line.replace(/[><#!]\{\{.*?\}\}/g, "")) ?? []);
}

/** Users who are only in one of two lists, or may do something else there. */
export function changedUsers(before: readonly ServerUser[], after: readonly ServerUser[]): readonly string[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].filter((name) => !sameRules(userIn(before, name), userIn(after, name)));
}

export function userIn(list: readonly ServerUser[], name: string): ServerUser | undefined {
  return list.find((user) => user.name === name);
}

/**
 * Whether two mean the same. A server lists rules in an order of its own, in lower case, with what was not said besides: no channels, all
 * databases. A user's rules begin with nothing allowed, here (docs/tenancy.md) and there.
 */
export function sameRules(one: ServerUser | undefined, other: ServerUser | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.enabled === other.enabled && normalized(one) === normalized(other);
}

const unsaid = new Set(["$all", "resetchannels", "resetkeys", "-@all", "sanitize-payload"]);
const otherwise = new Map([
  ["allkeys", "~*"],
  ["allchannels", "&*"],
]);

function normalized({ rules }: ServerUser): string {
  const said = rules
    .map((rule) => (/^[+-]|^[a-z]+$/i.test(rule) ? rule.toLowerCase() : rule))
    .map((rule) => otherwise.get(rule) ?? rule)
    .filter((rule) => !unsaid.has(rule));
  return [...new Set(said)].toSorted().join(" ");
}

/**
 * Whether strangers are kept out: `default` is named and off. While clients move to users of their own, Git may have it on, with a
 * password (docs/tenancy.md); a server that could not read its file has it on without one.
 */
export function isClosed(list: readonly ServerUser[], git: readonly ServerUser[]): boolean {
  const found = userIn(list, "default");
  if (found === undefined) return false;
  return !found.enabled || (sameRules(found, userIn(git, "default")) && !found.rules.includes("nopass"));
}
