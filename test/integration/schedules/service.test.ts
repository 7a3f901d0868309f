import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Message, Sender } from "../../../src/commands/delivery/sender.ts";
import { createReportKeeper } from "../../../src/commands/report-keeper.ts";
import { configSchema } from "../../../src/config/file.ts";
import { type ScheduleRecord, scheduleSchema } from "../../../src/records/schedule.ts";
import type { Verdict } from "../../../src/reports/model.ts";
import type { Requester } from "../../../src/runbooks/definition.ts";
import { composeSchedules, type Schedules } from "../../../src/schedules/compose.ts";
import { openStore } from "../../../src/store/store.ts";
import { type FaultyStore, startFaultyStore } from "../../chaos/store/redis.ts";
import { memoryRecordStore } from "../../fakes/record-store.ts";
import { finding, report } from "../../fakes/report.ts";

/** Processes of the bot whose schedules are due every two seconds, on a real store that dies. */

let server: FaultyStore;
beforeAll(async () => {
  server = await startFaultyStore();
});
afterAll(() => server?.stop());

const config = configSchema.parse({
  schedules: { verify: { cron: "*/2 * * * * *" } },
  slack: { channels: { operations: "C0OPS" } },
  runs: { leaseSeconds: 1 },
});
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await server.command("FLUSHALL");
});

/** The cluster's records, and Slack: what outlives the store. */
function outside() {
  const records = memoryRecordStore({ kind: "schedule", schema: scheduleSchema, isOpen: () => true });
  const told: string[] = [];
  const ended: { readonly due: string; readonly runId: string }[] = [];
  const requesters: Requester[] = [];
  let found: Readonly<Record<string, Verdict>> = { a: "ok" };
  let hanging = 0;
  const schedules = {
    ...records,
    update: async (kept: Parameters<typeof records.update>[0], record: ScheduleRecord) => {
      const after = await records.update(kept, record);
      const { ran, due } = record;
      if (ran !== undefined && ended.every(({ runId }) => runId !== ran.runId)) ended.push({ due, runId: ran.runId });
      return after;
    },
  };
  const sender: Sender = {
    post: async () => Promise.reject(new Error("not used")),
    update: async () => undefined,
    find: async () => undefined,
    postIf: async (channel, message) => {
      const wanted: Message | undefined = await message();
      if (wanted === undefined) return undefined;
      told.push(wanted.text.split("\n")[0] ?? "");
      return { channel, ts: String(told.length) };
    },
  };
  let made = 0;
  const start = (): Schedules => {
    const logger = pino({ level: "silent" });
    const store = openStore({
      url: server.url,
      prefix: "{dfbot}",
      onOutage: () => undefined,
      onRecovery: () => undefined,
      onReconnect: () => service.reconnect(),
    });
    const service = composeSchedules({
      config,
      schedules,
      store,
      storeUrl: server.url,
      storePrefix: "{dfbot}",
      logger,
      sender,
      reports: createReportKeeper(undefined, logger),
      comparedWith: () => ({
        runbooks: [],
        run: async ({ requester }, signal) => {
          requesters.push(requester);
          if (hanging > 0) {
            hanging -= 1;
            await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
          }
          const findings = Object.entries(found).map(([id, verdict]) => finding({ id, verdict }));
          return report({ runbook: "verify", runId: `r${++made}`, findings, startedAt: new Date().toISOString() });
        },
      }),
      onRan: () => undefined,
    });
    // As the watch of the dependencies does.
    let usable: boolean | undefined;
    const look = async () => {
      const now = await store.checkQueue().then(Boolean, () => false);
      if (now !== usable) service.storeIs(now);
      usable = now;
    };
    const watch = setInterval(() => void look(), 200);
    service.start();
    cleanups.push(async () => {
      clearInterval(watch);
      await service.stop();
      await store.close();
    });
    return service;
  };
  return {
    start,
    told,
    ended,
    requesters,
    find: (verdicts: Readonly<Record<string, Verdict>>) => {
      found = verdicts;
    },
    hangNext: () => {
      hanging = 1;
    },
    more: async (runs: number, timeout = 15_000) => {
      const wanted = ended.length + runs;
      await vi.waitUntil(() => ended.length >= wanted, { timeout, interval: 20 });
    },
    onceEach: () => new Set(ended.map(({ due }) => due)).size === ended.length,
  };
}

describe("scheduled runs of two processes", { timeout: 60_000 }, () => {
  it("are one each time, told of when something changes, whatever becomes of the store", async () => {
    const bot = outside();
    const [first] = [bot.start(), bot.start()];
    await bot.more(2);
    expect(bot.told).toEqual([expect.stringMatching(/begins: .*From now on/)]);
    expect(new Set(bot.requesters.map(({ surface, id }) => `${surface} ${id}`))).toEqual(new Set(["schedule verify"]));
    await vi.waitUntil(async () => (await server.command("ZCARD", "{dfbot}:schedules:repeat")) === 1);

    // Away: everybody's own clock has to do.
    server.kill();
    bot.find({ a: "fail" });
    await bot.more(2);
    expect(bot.told).toHaveLength(2);

    // Back, and empty: it gets its schedules again, and nothing is done twice.
    await server.start("empty");
    await vi.waitUntil(async () => (await server.command("ZCARD", "{dfbot}:schedules:repeat")) === 1, {
      timeout: 15_000,
      interval: 50,
    });
    bot.find({ a: "ok" });
    await bot.more(2);
    expect(bot.told).toEqual([
      expect.anything(),
      expect.stringMatching(/Nightly verification\*: 1 worse/),
      expect.stringMatching(/Nightly verification\*: 1 better/),
    ]);
    expect(bot.onceEach()).toBe(true);
    expect(first?.current()).toEqual([
      {
        name: "verify",
        lastRunAt: expect.any(String),
        ageMs: expect.any(Number),
        verdict: "ok",
        nextAt: expect.any(String),
      },
    ]);
  });

  it("that are cut off are finished by the other one", async () => {
    const bot = outside();
    const dies = bot.start();
    await bot.more(1);
    bot.hangNext();
    const runs = bot.requesters.length;
    await vi.waitUntil(() => bot.requesters.length > runs, { interval: 20 });
    bot.find({ a: "fail" });
    bot.start();
    await dies.stop();
    await bot.more(1);
    await vi.waitUntil(() => bot.told.length === 2);
    expect(bot.onceEach()).toBe(true);
  });
});
