import type { ServerUser } from "./server.ts";

/** What a rule can look like. Anything else is of a password, or could be. */
const known = /^(?:~.+|&.+|%[RW]{1,2}~.+|[+-]@?[\w.|-]+|\$\w+|nopass|all\w+|reset\w*)$/i;

/**
 * One line of ACL LIST: `user gitlab on #30c952fab122c3f ~* &* -@all +get $all`. Hashes of passwords, and whatever else is not known
 * to be a rule, are left out.
 */
export function parseUserLine(line: string): ServerUser | undefined {
  const [word, name, ...rules] = line.trim().split(/\s+/);
  if (word?.toLowerCase() !== "user" || name === undefined) return undefined;
  return {
    name,
    enabled: rules.includes("on"),
    rules: rules.filter((rule) => known.test(rule)),
  };
}
