import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ControlClient } from "../../../sandbox/dragonfly/control-client.ts";
import { type Address, getPage, openSubject, type Subject } from "./subject.ts";

/** Source of every case: recordings of Dragonfly v1.40.1, by the name of the recording. */

let subject: Subject;
let admin: ControlClient;
const key = "{dfbot-conformance}:key";

beforeAll(async () => {
  subject = await openSubject();
  admin = await subject.connect(subject.admin);
});
afterAll(async () => {
  await admin?.command("DEL", key).catch(() => undefined);
  await subject?.close();
});

/** Cases that need more of a real server than was given are skipped, and say so. */
function given<T>(value: T | undefined, what: string, skip: (note: string) => void): T {
  if (value === undefined) skip(`set ${what} to run this against a real server`);
  if (value === undefined) throw new Error("unreachable");
  return value;
}

function fixture(name: string): readonly string[] {
  return readFileSync(join(import.meta.dirname, "../../fixtures/dragonfly-1.40.1", name), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("; "));
}

/** Section headings and field names, without those that depend on the data. */
function fieldNames(info: string): readonly string[] {
  const dynamic =
    /^(?:type_used_memory_|rdb_(?:string|hash|other)|cmdstat_|unknown_|db\d|slave\d|script_error|-|no_auth|syntax_error)/;
  return info
    .split("\r\n")
    .filter((line) => line !== "" && !dynamic.test(line))
    .map((line) => (line.startsWith("# ") ? line : (line.split(":")[0] ?? "")));
}

async function errorOf(asked: Promise<unknown>): Promise<string> {
  return await asked.then(
    (value) => `no error: ${JSON.stringify(value)}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe("INFO", () => {
  it("of a primary has the sections and fields of info-all-primary, in their order", async () => {
    expect(fieldNames(String(await admin.command("INFO", "ALL")))).toEqual(fixture("info-all-primary.fields.txt"));
  });

  it("of a replica has those of info-all-replica", async ({ skip }) => {
    const address = given(subject.replica, "DFBOT_CONFORMANCE_DRAGONFLY_REPLICA", skip);
    const replica = await subject.connect(address);
    expect(fieldNames(String(await replica.command("INFO", "ALL")))).toEqual(fixture("info-all-replica.fields.txt"));
  });

  it("without a section leaves Persistence out, as in info-default-primary", async () => {
    const names = fieldNames(String(await admin.command("INFO")));
    expect(names.filter((name) => name.startsWith("# "))).toEqual(fixture("info-default-primary.sections.txt"));
  });

  it("takes one section in any case and answers with that section only", async () => {
    const names = fieldNames(String(await admin.command("INFO", "replication")));
    expect(names[0]).toBe("# Replication");
    expect(names.filter((name) => name.startsWith("# "))).toHaveLength(1);
  });

  it("names a replica of the primary by address, state and lag, without an offset (info-replication)", async () => {
    const line = String(await admin.command("INFO", "REPLICATION"))
      .match(/^slave0:(.*)$/m)?.[1]
      ?.trim();
    expect(line).toMatch(/^ip=[\d.]+,port=\d+,state=online,lag=\d+$/);
  });

  it("says the version with the df- prefix, and no eviction policy but its own words", async () => {
    const info = String(await admin.command("INFO", "ALL"));
    expect(info).toMatch(/^dragonfly_version:df-v\d+\.\d+\.\d+/m);
    expect(info).toMatch(/^cache_mode:(?:store|cache)\r$/m);
    expect(info).toMatch(/^rejected_connections:-1\r$/m);
  });
});

describe("ROLE (recording role)", () => {
  it("of a primary lists replicas as address, port and state, all text", async () => {
    expect(await admin.command("ROLE")).toEqual([
      "master",
      expect.arrayContaining([[expect.stringMatching(/^[\d.]+$/), expect.stringMatching(/^\d+$/), "online"]]),
    ]);
  });

  it("of a replica has four elements and no offset", async ({ skip }) => {
    const replica = await subject.connect(given(subject.replica, "DFBOT_CONFORMANCE_DRAGONFLY_REPLICA", skip));
    expect(await replica.command("ROLE")).toEqual([
      "slave",
      expect.any(String),
      expect.stringMatching(/^\d+$/),
      "online",
    ]);
  });
});

describe("refusals", () => {
  it("a write on a replica (errors-readonly)", async ({ skip }) => {
    const replica = await subject.connect(given(subject.replica, "DFBOT_CONFORMANCE_DRAGONFLY_REPLICA", skip));
    expect(await errorOf(replica.command("SET", key, "1"))).toBe(
      "READONLY You can't write against a read only replica.",
    );
  });

  it("a write in a script on a replica begins with ERR and has READONLY inside (errors-readonly)", async ({ skip }) => {
    const replica = await subject.connect(given(subject.replica, "DFBOT_CONFORMANCE_DRAGONFLY_REPLICA", skip));
    expect(await errorOf(replica.command("EVAL", "return redis.call('set',KEYS[1],1)", "1", key))).toBe(
      "ERR Error running script (call to beef354d82996a708aa0deac229a63225ff0dd9c): @user_script:2: -READONLY You can't write against a read only replica.",
    );
  });

  it.each([
    ["PING", ["PING"]],
    ["GET", ["GET", "x"]],
    ["INFO", ["INFO"]],
    ["CONFIG GET", ["CONFIG", "GET", "*"]],
    ["REPLICAOF", ["REPLICAOF", "NO", "ONE"]],
  ])("%s without a password on the data port (errors-auth)", async (_, words) => {
    if (subject.data === undefined) return expect(subject.simulated).toBe(false);
    const stranger = await subject.connect(subject.data);
    expect(await errorOf(stranger.command(...words))).toBe("NOAUTH Authentication required.");
  });

  it("a wrong password (errors-auth)", async ({ skip }) => {
    const stranger = await subject.connect(given(subject.data, "DFBOT_CONFORMANCE_DRAGONFLY_DATA", skip));
    expect(await errorOf(stranger.command("AUTH", "not-the-password"))).toBe(
      "WRONGPASS invalid username-password pair or user is disabled.",
    );
  });

  it("a command that does not exist, also BGREWRITEAOF (errors-loading, persistence)", async () => {
    expect(await errorOf(admin.command("BGREWRITEAOF"))).toBe("ERR unknown command `BGREWRITEAOF`");
    expect(await errorOf(admin.command("NOSUCH", "x"))).toBe("ERR unknown command `NOSUCH`");
  });
});

describe("HELLO and CONFIG", () => {
  it("HELLO names the Dragonfly version (errors-loading)", async () => {
    const answer = await admin.command("HELLO", "2");
    expect(answer).toEqual(
      expect.arrayContaining(["server", "redis", "dragonfly_version", expect.stringMatching(/^df-v/)]),
    );
  });

  it("CONFIG GET is a flat list of its own names, without maxmemory-policy (config-get)", async () => {
    expect(await admin.command("CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", expect.stringMatching(/^\d+$/)]);
    expect(await admin.command("CONFIG", "GET", "maxmemory-policy")).toEqual([]);
    expect(await admin.command("CONFIG", "GET", "dbfilename")).toEqual(["dbfilename", expect.any(String)]);
  });

  it("SLOWLOG GET has six elements an entry (slowlog)", async () => {
    const entries = await admin.command("SLOWLOG", "GET", "1");
    expect(Array.isArray(entries)).toBe(true);
    for (const entry of Array.isArray(entries) ? entries : []) expect(entry).toHaveLength(6);
  });
});

describe("HTTP on the admin port", () => {
  it("/healthz needs no password and is 200 OK while it serves (http-healthz)", async () => {
    expect(await getPage(subject.admin, "/healthz")).toMatchObject({ code: 200, type: "text/plain", body: "OK\n" });
  });

  it.each([
    ["a primary", (one: Subject): Address | undefined => one.admin, "metrics-primary.types.txt"],
    ["a replica", (one: Subject): Address | undefined => one.replica, "metrics-replica.types.txt"],
  ])("/metrics of %s has every name with its type (metrics recordings)", async (_, pick, recorded) => {
    const address = pick(subject);
    if (address === undefined) return expect(subject.simulated).toBe(false);
    const page = await getPage(address, "/metrics");
    const types = [...page.body.matchAll(/^# TYPE (\S+ \S+)$/gm)].map((match) => match[1]);
    // Present only with keys of some type, or in a database that has keys.
    const depends = /^dragonfly_(?:type_used_memory|db_keys|db_keys_expiring|db_capacity|commands_) /;
    const wanted = fixture(recorded).filter((line) => !depends.test(line));
    expect(types).toEqual(expect.arrayContaining([...wanted]));
  });

  it("/metrics has the labels that alert rules use (metrics-primary)", async () => {
    const { body } = await getPage(subject.admin, "/metrics");
    expect(body).toMatch(/^dragonfly_master 1$/m);
    expect(body).toMatch(/^dragonfly_connected_clients\{listener="main"\} \d+$/m);
    expect(body).toMatch(
      /^dragonfly_connected_replica_lag_records\{replica_ip="[\d.]+", replica_port="\d+", replica_state="online"\} \d+$/m,
    );
  });
});
