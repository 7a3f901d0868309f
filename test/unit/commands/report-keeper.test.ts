import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createReportKeeper, type KeyValueStore } from "../../../src/commands/report-keeper.ts";
import { report } from "../../fakes/report.ts";

const logger = pino({ level: "silent" });

function fakeStore() {
  const values = new Map<string, string>();
  const lifetimes: number[] = [];
  const store: KeyValueStore = {
    get: async (key) => values.get(key) ?? null,
    async set(key, value, ttlSeconds) {
      values.set(key, value);
      lifetimes.push(ttlSeconds);
    },
  };
  return { values, lifetimes, store };
}

const away: KeyValueStore = {
  get: async () => Promise.reject(new Error("the store is away")),
  set: async () => Promise.reject(new Error("the store is away")),
};

describe("a kept report", () => {
  it("is found again after a restart, for a day", async () => {
    const { store, lifetimes } = fakeStore();
    await createReportKeeper(store, logger).put(report());
    expect(await createReportKeeper(store, logger).get(report().runId)).toEqual(report());
    expect(lifetimes).toEqual([86_400]);
  });

  it("is found while the store is away, and putting it does not fail", async () => {
    const keeper = createReportKeeper(away, logger);
    await keeper.put(report());
    expect(await keeper.get(report().runId)).toEqual(report());
  });

  it("is simply not there when the store is away and it was never here", async () => {
    expect(await createReportKeeper(away, logger).get("another")).toBeUndefined();
  });

  it.each(["not json", "{}", "null", '{"runbook":1}'])("is not believed when the store holds %j", async (text) => {
    const { store, values } = fakeStore();
    values.set("report:r", text);
    expect(await createReportKeeper(store, logger).get("r")).toBeUndefined();
  });

  it("goes from memory when many came after it", async () => {
    const keeper = createReportKeeper(undefined, logger);
    for (let i = 0; i <= 200; i++) await keeper.put(report({ runId: `run-${i}` }));
    expect(await keeper.get("run-0")).toBeUndefined();
    expect(await keeper.get("run-200")).toMatchObject({ runId: "run-200" });
  });
});
