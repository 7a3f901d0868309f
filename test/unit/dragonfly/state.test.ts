import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseInfo } from "../../../src/dragonfly/info.ts";
import { parseSlowLog } from "../../../src/dragonfly/slowlog.ts";
import { serverState } from "../../../src/dragonfly/state.ts";

const recorded = (name: string) => readFileSync(`test/fixtures/dragonfly-1.40.1/${name}`, "utf8");
const stateOf = (text: string) => serverState(parseInfo(text), []);

describe("a recorded primary", () => {
  const state = stateOf(recorded("info-all-primary.txt"));

  it("is read as one, with its replica and the lag in records", () => {
    expect(state.role).toEqual({
      kind: "primary",
      replicas: [{ ip: "127.0.0.1", port: 16380, state: "online", lagRecords: 1082 }],
    });
    expect(state).toMatchObject({
      version: "v1.40.1",
      uptimeSeconds: 93,
      loading: false,
      opsPerSecond: 21106,
      oomRejections: 0,
      evictedKeys: 0,
    });
    expect(state.clients).toEqual({ connected: 26, max: 64_000, blocked: 1 });
    expect(state.memory).toEqual({ usedBytes: 1_273_712, rssBytes: 28_696_576, maxBytes: 2 ** 30, cacheMode: false });
  });

  it("has a snapshot from last_success_save, and is not saving though rdb_bgsave_in_progress sticks at 1", () => {
    expect(recorded("info-all-primary.txt")).toContain("rdb_bgsave_in_progress:1");
    expect(state.snapshot).toEqual({
      saving: false,
      lastSuccessAt: new Date(1795407379_000).toISOString(),
      lastFile: "/data/data1/dump-summary.dfs",
      lastFailureAt: undefined,
      lastError: undefined,
    });
  });
});

describe("a recorded replica", () => {
  it("is read with its link", () => {
    expect(stateOf(recorded("info-all-replica.txt")).role).toMatchObject({
      kind: "replica",
      link: { host: "127.0.0.1", port: 16379, up: true, syncInProgress: false },
    });
  });

  it("with a dead primary has a link that is down (replica-primary-killed.txt)", () => {
    const state = stateOf(
      "# Replication\r\nrole:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:16393\r\nmaster_link_status:down\r\nmaster_last_io_seconds_ago:2\r\nmaster_sync_in_progress:0\r\nslave_repl_offset:2\r\n",
    );
    expect(state.role).toEqual({
      kind: "replica",
      link: { host: "127.0.0.1", port: 16393, up: false, syncInProgress: false, lastIoSecondsAgo: 2, offset: 2 },
    });
  });

  it("of a server before v1.22 calls itself replica", () => {
    expect(
      stateOf(
        "role:replica\nmaster_host:10.0.0.1\nmaster_port:9999\nmaster_link_status:up\nmaster_sync_in_progress:1\n",
      ).role,
    ).toMatchObject({ kind: "replica", link: { syncInProgress: true, offset: undefined } });
  });
});

describe("traps", () => {
  it("last_success_save is the start of the process until a file was saved", () => {
    expect(
      stateOf("role:master\nlast_success_save:1795407288\nlast_saved_file:\n").snapshot.lastSuccessAt,
    ).toBeUndefined();
  });

  it("a failed save shows in last_failed_save and last_error (save-failures.txt)", () => {
    const { snapshot } = stateOf(
      "role:master\nrdb_last_bgsave_status:ok\nlast_failed_save:1795408752\nlast_error:No space left on device\n",
    );
    expect(snapshot).toMatchObject({
      lastFailureAt: new Date(1795408752_000).toISOString(),
      lastError: "No space left on device",
    });
  });

  it("eviction is on when either of its two fields says so", () => {
    expect(stateOf("role:master\ncache_mode:cache\n").memory.cacheMode).toBe(true);
    expect(stateOf("role:master\nmaxmemory_policy:eviction\n").memory.cacheMode).toBe(true);
  });

  it("an answer without a role is refused, whatever else it is", () => {
    for (const text of ["", "PONG", "<html></html>", "role:king\n"])
      expect(() => stateOf(text)).toThrow(expect.objectContaining({ code: "server.protocol" }));
  });

  it("values keep their colons", () => {
    expect(parseInfo("last_error:open: /data: No such file").get("last_error")).toBe("open: /data: No such file");
  });
});

describe("the slow log (slowlog.txt)", () => {
  it("keeps the command's name, never its arguments, and passes over housekeeping", () => {
    const entries = parseSlowLog([
      [49, 1795407334, 19714, ["SAVE"], "127.0.0.1:33150", "180"],
      [50, 1795407335, 20000, ["SET", "tenant:secret", "value"], "127.0.0.1:33151", ""],
      [37, 1795407333, 10, ["REPLCONF", "ACK", "40330"], "127.0.0.1:56764", "repl_flow_1"],
    ]);
    expect(entries.map(({ command }) => command)).toEqual(["SAVE", "SET"]);
    expect(JSON.stringify(entries)).not.toContain("secret");
  });

  it("reads entries without client and name, and nothing from nonsense", () => {
    expect(parseSlowLog([[1, 1795407333, 5, ["get", "x"]]])).toEqual([
      { at: new Date(1795407333_000).toISOString(), microseconds: 5, command: "GET", client: "" },
    ]);
    expect(parseSlowLog("nonsense")).toEqual([]);
    expect(parseSlowLog([["x"], null, 3])).toEqual([]);
  });
});
