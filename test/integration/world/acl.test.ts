import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StoreContainer, startContainer } from "../../../sandbox/dragonfly/container.ts";
import { type ControlClient, connectControl } from "../../../sandbox/dragonfly/control-client.ts";
import { findStore } from "../../../sandbox/dragonfly/find-store.ts";
import { claimNetwork } from "../../../sandbox/world/loopback.ts";

/** Source of every case: ACL files as observed with Dragonfly 1.40.1, and the recording acl. */

const closed = "USER default off >a-long-password-of-nobody -@all +auth +hello\n";
const bot =
  "USER dfbot on >fake-password-of-dfbot ~{dfbot}* &{dfbot}* -@all +@read +@write +@scripting +@connection +@transaction " +
  "+@blocking +@stream -@admin -@dangerous -KEYS -SCAN -DBSIZE -FLUSHDB -FLUSHALL +info +role +client\n";

let network: Awaited<ReturnType<typeof claimNetwork>>;
let folder: string;
const containers: StoreContainer[] = [];
const lines: ControlClient[] = [];

beforeAll(async () => {
  network = await claimNetwork();
  folder = mkdtempSync(join(tmpdir(), "dfbot-acl-"));
});
afterAll(async () => {
  for (const line of lines) line.close();
  for (const container of containers) container.kill("SIGKILL");
  await Promise.all(containers.map((container) => container.exited));
  await network.release();
  rmSync(folder, { recursive: true, force: true });
});

async function server(text: string) {
  const ip = network.podAddress();
  const directory = mkdtempSync(join(folder, "pod-"));
  const aclFile = join(directory, "dragonfly.acl");
  writeFileSync(aclFile, text);
  const log: string[] = [];
  const container = startContainer({
    store: findStore(),
    ip,
    password: "ignored-while-there-is-a-file",
    aclFile,
    version: "v1.40.1",
    args: ["--maxmemory=512mb", "--aclfile=/var/lib/dragonfly/dragonfly.acl"],
    directory,
    memory: { formerIds: new Set(), cutOff: new Set() },
    onLine: (line) => log.push(line),
  });
  containers.push(container);
  await container.opened;
  const connect = async (port: 6379 | 9999, login: { user?: string; password?: string } = {}) => {
    const line = await connectControl({ host: ip, port, ...login });
    lines.push(line);
    return line;
  };
  return { connect, log, write: (next: string) => writeFileSync(aclFile, next) };
}

const answer = async (line: ControlClient, ...words: string[]) =>
  await line.command(...words).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));

describe("a file with the default user closed", () => {
  let subject: Awaited<ReturnType<typeof server>>;
  beforeAll(async () => {
    subject = await server(closed + bot);
  });

  it("shuts strangers out, also of what the server answers itself", async () => {
    const stranger = await subject.connect(6379);
    for (const command of [
      ["GET", "x"],
      ["CONFIG", "GET", "*"],
      ["SAVE"],
      ["ACL", "LIST"],
      ["REPLICAOF", "NO", "ONE"],
    ]) {
      expect(await answer(stranger, ...command)).toBe("NOAUTH Authentication required.");
    }
  });

  it("lets a named user in with its own password only", async () => {
    const stranger = await subject.connect(6379);
    expect(await answer(stranger, "AUTH", "dfbot", "wrong")).toBe(
      "WRONGPASS invalid username-password pair or user is disabled.",
    );
    expect(await answer(stranger, "AUTH", "dfbot", "fake-password-of-dfbot")).toBe("OK");
    expect(await answer(stranger, "ACL", "WHOAMI")).toBe("NOPERM dfbot has no ACL permissions");
  });

  it("keeps that user to its keys and its commands, also from inside Lua", async () => {
    const line = await subject.connect(6379, { user: "dfbot", password: "fake-password-of-dfbot" });
    expect(await answer(line, "SET", "{dfbot}:a", "1")).toBe("OK");
    const denied = "NOPERM dfbot has no ACL permissions";
    for (const command of [
      ["SET", "other", "1"],
      ["SUBSCRIBE", "foreign"],
      ["FLUSHALL"],
      ["KEYS", "*"],
      ["CONFIG", "GET", "maxmemory"],
      ["CONFIG", "SET", "maxmemory", "1gb"],
      ["ACL", "LIST"],
      ["SHUTDOWN"],
      ["REPLICAOF", "NO", "ONE"],
      ["REPLTAKEOVER", "5"],
      ["SAVE"],
      ["BGSAVE"],
      ["SLOWLOG", "GET"],
    ]) {
      expect([command[0], await answer(line, ...command)]).toEqual([command[0], denied]);
    }
    expect(await answer(line, "EVAL", "return redis.call('get', 'other')", "0")).toContain("NOPERM");
    expect(String(await answer(line, "INFO", "server"))).toContain("dragonfly_version:df-v1.40.1");
  });

  it("does not count on the admin port", async () => {
    const admin = await subject.connect(9999);
    expect(await answer(admin, "SET", "anything", "1")).toBe("OK");
    expect(await answer(admin, "ACL", "USERS")).toEqual(["default", "dfbot"]);
    expect(await answer(admin, "ACL", "WHOAMI")).toBe("User is default");
  });

  it("is listed in Dragonfly's words", async () => {
    const admin = await subject.connect(9999);
    const list = await answer(admin, "ACL", "LIST");
    const line = Array.isArray(list) ? list.map(String).find((one) => one.startsWith("user default")) : "";
    expect(line).toMatch(
      /^user default off #[0-9a-f]{15} resetchannels -@all (?:\+auth \+hello|\+hello \+auth) \$all$/,
    );
  });
});

describe("a file that Dragonfly cannot read", () => {
  it.each([
    ["a subcommand rule", "+client|setname", "+CLIENT|SETNAME"],
    ["a category that is none", "+@none", "+@NONE"],
    ["a command that is none", "+nosuchcommand", "+NOSUCHCOMMAND"],
    ["a piece of a password with a space", "secret", "SECRET"],
  ])("opens the server to everybody because of %s, with one line in the log", async (_, token, shown) => {
    const { connect, log } = await server(`${closed}USER dfbot on >fake-password ~* ${token}\n`);
    const stranger = await connect(6379);
    expect(await answer(stranger, "SET", "a", "1")).toBe("OK");
    expect(await answer(stranger, "CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", expect.anything()]);
    expect(log.join("\n")).toContain(`Error while parsing aclfile: Unrecognized parameter ${shown}`);
    expect(await answer(await connect(9999), "ACL", "LIST")).toEqual(["user default on nopass ~* &* +@all $all"]);
  });

  it("is refused by ACL LOAD, and the old rules stay", async () => {
    const { connect, write } = await server(closed + bot);
    const admin = await connect(9999);
    const before = await answer(admin, "ACL", "LIST");
    write(`${closed}USER dfbot on nonsense\n`);
    expect(await answer(admin, "ACL", "LOAD")).toBe("ERR Unrecognized parameter NONSENSE");
    expect(await answer(admin, "ACL", "LIST")).toEqual(before);
    write(`${closed}USER dfbot on >fake-password-of-dfbot ~* +nosuchcommand\n`);
    expect(await answer(admin, "ACL", "LOAD")).toBe("ERR Unrecognized parameter +NOSUCHCOMMAND");
    expect(await answer(admin, "ACL", "LIST")).toEqual(before);
    write(`${closed}USER other on >fake-password ~o* +get\n`);
    expect(await answer(admin, "ACL", "LOAD")).toBe("OK");
    expect(await answer(admin, "ACL", "USERS")).toEqual(["default", "other"]);
    expect(await answer(admin, "ACL", "SAVE")).toContain("Read-only file system");
  });
});

describe("a file that is loaded at run time", () => {
  it("has every user log in again, also one whose rules are the same", async () => {
    const { connect } = await server(closed + bot);
    const line = await connect(6379, { user: "dfbot", password: "fake-password-of-dfbot" });
    expect(await answer(line, "SET", "{dfbot}:a", "1")).toBe("OK");
    expect(await answer(await connect(9999), "ACL", "LOAD")).toBe("OK");
    await expect.poll(() => answer(line, "GET", "{dfbot}:a")).not.toBe("1");
    const again = await connect(6379, { user: "dfbot", password: "fake-password-of-dfbot" });
    expect(await answer(again, "GET", "{dfbot}:a")).toBe("1");
  });
});

describe("the traps of the default user", () => {
  it("a file that does not name it leaves it open", async () => {
    const stranger = await (await server(bot)).connect(6379);
    expect(await answer(stranger, "SET", "a", "1")).toBe("OK");
  });

  it("closed without +auth and +hello it shuts everybody out", async () => {
    const { connect } = await server(`USER default off nopass -@all\n${bot}`);
    const stranger = await connect(6379);
    expect(await answer(stranger, "AUTH", "dfbot", "fake-password-of-dfbot")).toBe(
      "NOPERM default has no ACL permissions",
    );
    expect(await answer(stranger, "HELLO", "3", "AUTH", "dfbot", "fake-password-of-dfbot")).toBe(
      "NOPERM default has no ACL permissions",
    );
  });
});
