import { readFileSync } from "node:fs";
import { type AclUser, parseAclFile, ruleBehind, unrecognized } from "./acl-file.ts";
import type { ControlClient } from "./control-client.ts";
import { encodeError, encodeReply, ok } from "./resp.ts";

/** The sandbox's own user in the process behind: for its questions and for the admin port, where ACLs do not count. */
export const ownUser = "sandbox";

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
  let defaultCommands: readonly string[] = [];

  const names = async () => words(await control.command("ACL", "USERS")).filter((name) => name !== ownUser);

  const refresh = async () => {
    const reply = await control.command("ACL", "GETUSER", "default");
    const fields = Array.isArray(reply) ? reply : [];
    const flags = words(fields[fields.indexOf("flags") + 1]);
    open = flags.includes("on") && flags.includes("nopass");
    defaultCommands = String(fields[fields.indexOf("commands") + 1] ?? "").split(" ");
  };

  const set = async ({ name, rules }: AclUser) => {
    await control.command("ACL", "SETUSER", name, "reset");
    for (const rule of rules) {
      const behind = ruleBehind(rule);
      if (behind === undefined) continue;
      await control.command("ACL", "SETUSER", name, behind).catch(() => {
        throw unrecognized(rule);
      });
    }
  };

  /** With nobody but `default`, who may do everything. */
  const begin = async (secret: string) => {
    for (const name of await names()) if (name !== "default") await control.command("ACL", "DELUSER", name);
    const entry = secret === "" ? "nopass" : `>${secret}`;
    await set({ name: "default", rules: ["on", entry, "~*", "&*", "+@all"] });
  };

  const load = async (text: string) => {
    const users = parseAclFile(text);
    await begin("");
    for (const user of users) await set(user);
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
      parseAclFile(text);
      await load(text);
    } catch (error) {
      return encodeError(`ERR ${error instanceof Error ? error.message : String(error)}`);
    }
    await refresh();
    return ok;
  };

  const passOn = async (asked: readonly string[]): Promise<Buffer> => {
    const answer = await control.command(...asked);
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
          return async () => encodeReply(words(await control.command("ACL", "LIST")).flatMap(inDragonflyWords));
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

/** By the last rule that speaks of it. AUTH and HELLO are in two categories; the process behind lets everybody use them. */
function isAllowed(rules: readonly string[], command: string): boolean {
  const speaking = new Set(["@all", "@fast", "@connection", command]);
  return rules.findLast((rule) => speaking.has(rule.slice(1)))?.startsWith("+") ?? false;
}

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** `user u1 on #30c952fab122c3f ~k* resetchannels -@all +get $all`: a short hash, and the databases at the end. */
function inDragonflyWords(line: string): readonly string[] {
  const parts = line.split(" ");
  if (parts[1] === ownUser) return [];
  const channels = parts.some((part) => part.startsWith("&"));
  const kept = parts
    .filter((part) => part !== "sanitize-payload" && !(channels && part === "resetchannels"))
    .map((part) => (/^#[0-9a-f]{64}$/.test(part) ? part.slice(0, 16) : part));
  return [[...kept, "$all"].join(" ")];
}
