/**
 * ACL LIST in Dragonfly's words: `user u1 on #30c952fab122c3f ~k* resetchannels -@all +get $all`, a short hash, and the databases at the
 * end (recording acl). It says the rules that were given; the process behind says others that come to the same. So they are taken from
 * `given` where it has the user.
 */
export function inDragonflyWords(line: string, given: ReadonlyMap<string, readonly string[]>): string {
  const parts = line.split(" ");
  const [keyword = "", name = "", state = ""] = parts;
  const passwords = parts.filter((part) => part.startsWith("#") || part === "nopass").map((part) => part.slice(0, 16));
  const rules = given.get(name) ?? parts.slice(3);
  const of = (start: RegExp) => rules.filter((rule) => start.test(rule));
  const channels = of(/^&/);
  const commands = [...new Set(of(/^[+-]/).map((rule) => rule.toLowerCase()))];
  return [
    ...[keyword, name, state, ...passwords, ...of(/^[~%]/)],
    ...(channels.length > 0 ? channels : ["resetchannels"]),
    ...(/^[+-]@all$/.test(commands[0] ?? "") ? [] : ["-@all"]),
    ...commands,
    "$all",
  ].join(" ");
}
