/** One line of an ACL file: a user and its rules, in their order. */
export interface AclUser {
  readonly name: string;
  readonly rules: readonly string[];
}

/** Its categories (recording acl, ACL CAT), lower case. */
const categories = new Set(
  (
    "keyspace read write set sortedset list hash string bitmap hyperlog geo stream pubsub admin fast slow blocking " +
    "dangerous connection transaction scripting cuckoo_filter topk cms bloom ft_search throttle json all"
  ).split(" "),
);

/** Categories of modules, whose commands the store behind does not have, and one that it calls otherwise. */
const ownCategories = new Set(["cuckoo_filter", "topk", "cms", "bloom", "ft_search", "throttle", "json"]);

const plainRule = /^(?:on|off|nopass|reset|allkeys|resetkeys|allchannels|resetchannels)$/i;
const prefixedRule = /^(?:[<>~&].+|[#!][0-9a-f]{64}|%(?:R|W|RW)~.+|\$(?:\d+|all))$/i;
const commandRule = /^[+-][a-z][a-z0-9._]*$/i;
const categoryRule = /^[+-]@([a-z_]+)$/i;

/**
 * Reads a file as Dragonfly 1.40.1 does: one rule that it does not know and the whole file is nothing.
 *
 * @throws Error in Dragonfly's words
 */
export function parseAclFile(text: string): readonly AclUser[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [keyword = "", name = "", ...rules] = line.trim().split(/ +/);
      if (keyword.toUpperCase() !== "USER" || name === "") throw new Error(`Unrecognized line ${keyword}`);
      const bad = rules.find((rule) => !isKnown(rule));
      if (bad !== undefined) throw unrecognized(bad);
      return { name, rules };
    });
}

export function unrecognized(rule: string): Error {
  return new Error(`Unrecognized parameter ${rule.toUpperCase()}`);
}

function isKnown(rule: string): boolean {
  const category = categoryRule.exec(rule)?.[1];
  if (category !== undefined) return categories.has(category.toLowerCase());
  return plainRule.test(rule) || prefixedRule.test(rule) || commandRule.test(rule);
}

/** The same rule for redis-server; undefined where it has nothing to be said of. */
export function ruleBehind(rule: string): string | undefined {
  const category = categoryRule.exec(rule)?.[1]?.toLowerCase();
  if (category !== undefined) {
    if (ownCategories.has(category)) return undefined;
    return `${rule.slice(0, 2)}${category === "hyperlog" ? "hyperloglog" : category}`;
  }
  if (rule.startsWith("$")) return undefined;
  return /^[+-]/.test(rule) || plainRule.test(rule) ? rule.toLowerCase() : rule;
}
