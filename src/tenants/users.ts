import type { Config } from "../config/file.ts";
import type { Tenant } from "./change.ts";
import type { Tree } from "./draft.ts";
import { sharedFilesOf } from "./places.ts";
import { fileIn, withFiles } from "./tree.ts";
import { addBlockLine, blockLines, removeBlockLines } from "./yaml/block.ts";
import type { Spot } from "./yaml/source.ts";

/**
 * The users of the shared instance: two lines each in the template of its access list, a guard that refuses a password which the
 * server could not read, and the rule itself. Source: docs/tenancy.md, "On the shared instance".
 */

export interface UserLines {
  readonly guard: string;
  readonly rule: string;
}

export function userLinesOf({ name, commands = [] }: Pick<Tenant, "name" | "commands">): UserLines {
  const value = templateValue(name);
  const more = commands.map((category) => ` +@${category}`).join("");
  return {
    guard: `{{- if not (regexMatch "^[A-Za-z0-9_-]{24,128}$" ${value.argument}) }}{{ fail "${name}: 24 to 128 letters, digits, - or _" }}{{ end }}`,
    rule: `USER ${name} on >{{ ${value.action} }} ~{${name}}* &{${name}}* -@all +@read +@write +@connection +@transaction${more} -KEYS -SCAN -DBSIZE -FLUSHDB -FLUSHALL`,
  };
}

/** A property of the secret in Go's templates; a name with a dash, or a digit in front, is no field there. */
function templateValue(name: string): { readonly argument: string; readonly action: string } {
  if (/^[a-z][a-z0-9]*$/.test(name)) return { argument: `.${name}`, action: `.${name}` };
  return { argument: `(index . "${name}")`, action: `index . "${name}"` };
}

/** The user whom a line of the access list is about: of a rule, or of a guard. */
export function userOfLine(line: string): string | undefined {
  const rule = /^USER (\S+) /.exec(line)?.[1];
  return rule ?? /^\{\{- if not \(regexMatch .*\{\{ fail "([^:"]+):/.exec(line)?.[1];
}

export function accessListSpot(tree: Tree, config: Config): Spot {
  const file = sharedFilesOf(config).acl;
  return {
    file,
    text: fileIn(tree, file),
    kind: "ExternalSecret",
    name: `${config.shared.name}-acl`,
    path: ["spec", "target", "template", "data", "dragonfly.acl"],
  };
}

/** The rules of the users, `USER gitlab on >{{ .gitlab }} …`, from the one file that has them. Throws as `usersOf` does. */
export async function accessLines(
  read: (path: string) => Promise<string | undefined>,
  config: Config,
): Promise<readonly string[]> {
  const path = sharedFilesOf(config).acl;
  const text = await read(path);
  const tree: Tree = new Map(text === undefined ? [] : [[path, text]]);
  return blockLines(accessListSpot(tree, config)).filter((line) => line.startsWith("USER "));
}

/** Names of the users, in the order of the file. Throws BotError `tenant.tree` when the list is not where it is expected. */
export function usersOf(tree: Tree, config: Config): readonly string[] {
  return blockLines(accessListSpot(tree, config))
    .filter((line) => line.startsWith("USER "))
    .flatMap((line) => userOfLine(line) ?? []);
}

export function withUser(tenant: Pick<Tenant, "name" | "commands">, tree: Tree, config: Config): Tree {
  const { guard, rule } = userLinesOf(tenant);
  const spot = accessListSpot(tree, config);
  const guarded = addBlockLine(spot, guard, (line) => line.startsWith("{{- if not (regexMatch "));
  const text = addBlockLine({ ...spot, text: guarded }, rule, (line) => line.startsWith("USER "));
  return withFiles(tree, [[spot.file, text]]);
}

export function withoutUser(name: string, tree: Tree, config: Config): Tree {
  const spot = accessListSpot(tree, config);
  return withFiles(tree, [[spot.file, removeBlockLines(spot, (line) => userOfLine(line) === name)]]);
}
