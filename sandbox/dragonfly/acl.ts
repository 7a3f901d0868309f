import { readFileSync } from "node:fs";
import { type AclUser, parseAclFile, ruleBehind, unrecognized } from "./acl-file.ts";
import { inDragonflyWords } from "./acl-list.ts";
import type { ControlClient } from "./control-client.ts";
import { encodeError, encodeReply, ok } from "./resp.ts";

/** The sandbox's own user in the process behind: for its questions and for the admin port, where ACLs do not count. */
export const ownUser = "sandbox";

/** Whose rules are only tried out. */
const trialUser = "sandbox-trial";

/** Who may do what on the data port. */
export interface Acl {
  /** Reads the file, or makes do with the password, as at a start. */
  start(): Promise<void>;
  /** Whether a new connection may do anything at all without a login. */
  openToAll(): boolean;
  /** Whether a stranger may give AUTH or HELLO: a login is checked against the rules of `default`. */
  mayLogIn(command: "AUTH" | "HELLO"): boolean;
  /** Whether a user may give a command. */
  allows(user: string, words: readonly string[]): Promise<boolean>;
  /** ACL LIST, USERS, LOAD, SAVE, SETUSER and DELUSER as Dragonfly answers; undefined for the others. */
  command(words: readonly string[]): (() => Promise<Buffer>) | undefined;
}

export interface AclOptions {
  readonly control: ControlClient;
  /** `--requirepass`, which counts only without a file. */
  readonly password: string;
  /** `--aclfile` as a file of this machine. */
  readonly file: string | undefined;
  readonly onLine: (line: string) => void;
}

/** Commands that the process behind does not know; who may do these may also change who replicates whom. */
const onlyInFront = new Set(["REPLTAKEOVER", "DFLY"]);

/** Dragonfly's ACLs (facts: ACL files observed with v1.40.1), kept by the process behind. */
export function createAcl({ control, password, file, onLine }: AclOptions): Acl {
  let open = false;
  /** The rules of users as they were given. */
  const given = new Map<string, readonly string[]>();
  let defaultCommands: readonly string[] = [];

  const names = async () =>
    words(await control.command("ACL", "USERS")).filter((name) => name !== ownUser && name !== trialUser);

  const refresh = async () => {
    const reply = await control.command("ACL", "GETUSER", "default");
    const fields = Array.isArray(reply) ? reply : [];
    const flags = words(fields[fields.indexOf("flags") + 1]);
    open = flags.includes("on") && flags.includes("nopass");
    defaultCommands = String(fields[fields.indexOf("commands") + 1] ?? "").split(" ");
  };

  /** At once: nobody sees a user with half of its rules. */
  const set = async ({ name, rules }: AclUser) => {
    await control.command("ACL", "SETUSER", name, "reset", ...rules.flatMap((rule) => ruleBehind(rule) ?? []));
    given.set(name, rules);
  };

  /** The process behind knows better which commands there are. */
  const tryOut = async (users: readonly AclUser[]) => {
    try {
      for (const { rules } of users) {
        await control.command("ACL", "SETUSER", trialUser, "reset");
        for (const rule of rules) {
          const behind = ruleBehind(rule);
          if (behind === undefined) continue;
          await control.command("ACL", "SETUSER", trialUser, behind).catch(() => {
            throw unrecognized(rule);
          });
        }
      }
    } finally {
      await control.command("ACL", "DELUSER", trialUser);
    }
  };

  /** With nobody but `default`, who may do everything. */
  const begin = (secret: string) => replace([openDefault(secret)]);

  const replace = async (users: readonly AclUser[]) => {
    for (const name of await names())
      if (!users.some((user) => user.name === name)) await control.command("ACL", "DELUSER", name);
    for (const user of users) await set(user);
  };

  /** Who is not named in a file is gone, only `default` is there all the same, and open. */
  const load = async (text: string) => {
    const users = parseAclFile(text);
    await tryOut(users);
    await replace(users.some(({ name }) => name === "default") ? users : [openDefault(""), ...users]);
  };

  /** As Dragonfly does at ACL LOAD: every user that was there has to log in again. */
  const hangUp = async (former: readonly string[]) => {
    // Who is gone was cut off with it.
    const still = (await names()).filter((name) => name !== "default" && former.includes(name));
    for (const name of still) await control.command("CLIENT", "KILL", "USER", name);
  };

  const start = async () => {
    if (file === undefined) await begin(password);
    else {
      try {
        await load(readFileSync(file, "utf8"));
      } catch (error) {
        onLine(`W acl_family.cc: Error while parsing aclfile: ${error instanceof Error ? error.message : error}`);
        await begin("");
      }
    }
    await refresh();
  };

  const reload = async (): Promise<Buffer> => {
    if (file === undefined) return encodeError("ERR There is no aclfile to load");
    try {
      const text = readFileSync(file, "utf8");
      const former = await names();
      await load(text);
      await hangUp(former);
    } catch (error) {
      return encodeError(`ERR ${error instanceof Error ? error.message : String(error)}`);
    }
    await refresh();
    return ok;
  };

  const list = async (): Promise<Buffer> => {
    const lines = words(await control.command("ACL", "LIST"));
    const others = lines.filter((line) => ![ownUser, trialUser].includes(line.split(" ")[1] ?? ""));
    return encodeReply(others.map((line) => inDragonflyWords(line, given)));
  };

  const passOn = async (asked: readonly string[]): Promise<Buffer> => {
    const answer = await control.command(...asked);
    const [, verb = "", name = "", ...rules] = asked;
    const before = given.get(name);
    if (verb.toUpperCase() === "SETUSER" && before !== undefined) given.set(name, withRules(before, rules));
    else given.delete(name);
    await refresh();
    return encodeReply(answer);
  };

  return {
    start,
    openToAll: () => open,
    mayLogIn: (command) => isAllowed(defaultCommands, command.toLowerCase()),
    allows: async (user, asked) => {
      const [name = ""] = asked;
      const known = onlyInFront.has(name.toUpperCase()) ? ["REPLICAOF", "NO", "ONE"] : asked;
      return await control.command("ACL", "DRYRUN", user, ...known).then(
        (said) => said === "OK",
        () => false,
      );
    },
    command: (asked) => {
      switch ((asked[1] ?? "").toUpperCase()) {
        case "LIST":
          return list;
        case "USERS":
          return async () => encodeReply(await names());
        case "LOAD":
          return reload;
        case "SAVE":
          return async () => encodeError("ERR Failed to open the aclfile: Read-only file system");
        case "SETUSER":
        case "DELUSER":
          return () => passOn(asked);
        default:
          return undefined;
      }
    },
  };
}

function openDefault(secret: string): AclUser {
  return { name: "default", rules: ["on", secret === "" ? "nopass" : `>${secret}`, "~*", "&*", "+@all"] };
}

/** Of a command or category it says what was given last; after `+@all` or `-@all` nothing of before. */
function withRules(before: readonly string[], more: readonly string[]): readonly string[] {
  const isCommand = (rule: string) => /^[+-]/.test(rule);
  return more.reduce<readonly string[]>((rules, rule) => {
    const isOver = (old: string) =>
      /^[+-]@all$/i.test(rule) || old.slice(1).toLowerCase() === rule.slice(1).toLowerCase();
    return [...(isCommand(rule) ? rules.filter((old) => !isCommand(old) || !isOver(old)) : rules), rule];
  }, before);
}

/** By the last rule that speaks of it. AUTH and HELLO are in two categories; the process behind lets everybody use them. */
function isAllowed(rules: readonly string[], command: string): boolean {
  const speaking = new Set(["@all", "@fast", "@connection", command]);
  return rules.findLast((rule) => speaking.has(rule.slice(1)))?.startsWith("+") ?? false;
}

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
