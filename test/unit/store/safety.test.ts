import { describe, expect, it } from "vitest";
import { queueDangers } from "../../../src/store/safety.ts";

const safe = {
  dragonfly_version: "df-v1.40.1",
  uptime_in_seconds: "86400",
  used_memory: "100",
  maxmemory: "1000",
  maxmemory_policy: "noeviction",
  cache_mode: "store",
  last_saved_file: "dump-summary.dfs",
  last_success_save: "1767355200",
};
const dangers = (more: Record<string, string> = {}) => queueDangers(new Map(Object.entries({ ...safe, ...more })));

describe("a store that the queue is on", () => {
  it("is safe when it keeps its keys, has room, and saves", () => {
    expect(dangers()).toEqual([]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["evicts", { maxmemory_policy: "eviction", cache_mode: "cache" }, /evicts keys/],
    ["evicts as Redis does", { maxmemory_policy: "allkeys-lru" }, /evicts keys/],
    ["is nearly full", { used_memory: "950" }, /95 % of its memory/],
    ["has never saved", { last_saved_file: "" }, /never saved a snapshot/],
    [
      "failed to save",
      { last_failed_save: "1767355300", last_error: "No space left" },
      /last snapshot failed \(No space left\)/,
    ],
  ])("is said to be dangerous when it %s", (_, more, words) => {
    expect(dangers(more)).toEqual([expect.stringMatching(words)]);
  });

  it("may have saved later than it failed, or be too young to have saved", () => {
    expect(dangers({ last_failed_save: "1767355100" })).toEqual([]);
    expect(dangers({ last_saved_file: "", uptime_in_seconds: "600" })).toEqual([]);
  });

  it("of Redis is safe with its log of writes or with snapshots", () => {
    const { dragonfly_version: _, last_saved_file: __, ...redis } = safe;
    const of = (more: Record<string, string>) => queueDangers(new Map(Object.entries({ ...redis, ...more })));
    expect(of({ aof_enabled: "1", rdb_saves: "0" })).toEqual([]);
    expect(of({ aof_enabled: "0", rdb_saves: "3" })).toEqual([]);
    expect(of({ aof_enabled: "0", rdb_saves: "0" })).toEqual([expect.stringMatching(/never saved/)]);
  });
});
