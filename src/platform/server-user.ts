import type { ServerUser } from "./server.ts";

/**
 * One line of ACL LIST: `user gitlab on #30c952fab122c3f ~* &* -@all +get $all`. Hashes of passwords (`#`), and whatever else
 * could be one (`>`, `<`, `!`), are left out.
 */
export function parseUserLine(line: string): ServerUser | undefined {
  const [word, name, ...rules] = line.trim().split(/\s+/);
  if (word?.toLowerCase() !== "user" || name === undefined) return undefined;
  return {
    name,
    enabled: rules.includes("on"),
    rules: rules.filter((rule) => !/^[#><!]/.test(rule) && rule !== "on" && rule !== "off"),
  };
}
