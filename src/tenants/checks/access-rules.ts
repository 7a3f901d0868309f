/**
 * What is wrong with the lines of an access list, as a template of External Secrets has them. A single token that Dragonfly cannot
 * read, and it drops the whole file and starts open to everybody: so only what is known to be read passes.
 * Source: docs/tenancy.md, "What an ACL cannot do"; docs/architecture.md, B.9.
 */
export function accessRuleProblems(
  lines: readonly string[],
  { wholeKeyspace }: { readonly wholeKeyspace: boolean },
): readonly string[] {
  const filled = lines.filter((line) => line.trim() !== "");
  const guards = filled.flatMap((line) => guard.exec(line)?.groups?.["value"] ?? []);
  const rules = filled.filter((line) => !guard.test(line));
  return [
    ...(rules.some((line) => /^USER default (on|off) /.test(line))
      ? []
      : ["no line for `default`, which may do everything then"]),
    ...rules.flatMap((line) => ruleProblems(line, guards, wholeKeyspace)),
  ];
}

const value = String.raw`(?:\.[a-z][a-zA-Z0-9]*|index \. "[a-z0-9-]+")`;
const guard = new RegExp(
  String.raw`^\{\{- if not \(regexMatch "\^\[A-Za-z0-9_-\]\{24,128\}\$" \(?(?<value>${value})\)?\) \}\}\{\{ fail "[^"]*" \}\}\{\{ end \}\}$`,
);
const rule = new RegExp(String.raw`^USER (?<name>[a-z0-9-]+) (?:on|off) >\{\{ (?<value>${value}) \}\} (?<tokens>.+)$`);
const token = /^(?:[+-]@[a-z]+|[+-][A-Za-z.]+|~[^\s*]*\*?|%R?W?~[^\s*]*\*?|&[^\s*]*\*?|\$\d+)$/;
/** Rights over the server or over everybody's keys. */
const tooMuch = /^\+(@all|@admin|@dangerous|acl|debug|replicaof|shutdown|module)$/i;

function ruleProblems(line: string, guards: readonly string[], wholeKeyspace: boolean): readonly string[] {
  const { name, value: password, tokens } = rule.exec(line)?.groups ?? {};
  if (name === undefined || password === undefined || tokens === undefined)
    return [`not a rule with a password from the secret: ${line.slice(0, 80)}`];
  const all = tokens.split(" ");
  const strange = all.filter((one) => !token.test(one) || one === "+@none");
  const firstRight = all.find((one) => /^[+-]/.test(one));
  return [
    ...(guards.includes(password) ? [] : [`${name}: its password is not guarded`]),
    ...strange.map((one) => `${name}: "${one}" is not known to be read`),
    ...(firstRight === "-@all" ? [] : [`${name}: begins with more than nothing; expected -@all first`]),
    ...all.filter((one) => tooMuch.test(one)).map((one) => `${name}: ${one} is too much`),
    ...(wholeKeyspace || name === "default" ? [] : keyProblems(name, all)),
  ];
}

/** On an instance with others: keys and channels under the user's own hash tag, and none of the commands that know no keys. */
function keyProblems(name: string, tokens: readonly string[]): readonly string[] {
  const patterns = tokens.filter((one) => /^[~%&]/.test(one));
  const own = new Set([`~{${name}}*`, `%R~{${name}}*`, `%W~{${name}}*`, `&{${name}}*`]);
  const taken = ["-KEYS", "-SCAN", "-DBSIZE", "-FLUSHDB", "-FLUSHALL"].filter((one) => !tokens.includes(one));
  return [
    ...(patterns.length > 0 ? [] : [`${name}: names no keys`]),
    ...patterns.filter((one) => !own.has(one)).map((one) => `${name}: ${one} is not its own keys`),
    ...taken.map((one) => `${name}: expected ${one}, which knows no keys`),
  ];
}
