import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Message, Sender } from "../../../src/commands/delivery/sender.ts";
import { tellNews } from "../../../src/commands/schedules/tell-news.ts";
import { scheduleSchema } from "../../../src/records/schedule.ts";
import type { Verdict } from "../../../src/reports/model.ts";
import { createScheduleKeeper, type ScheduleKeeper } from "../../../src/schedules/keeper.ts";
import type { Ending } from "../../../src/schedules/news.ts";
import type { Schedule } from "../../../src/schedules/schedule.ts";
import { memoryRecordStore } from "../../fakes/record-store.ts";
import { finding, report } from "../../fakes/report.ts";

const schedule: Schedule = {
  id: "verify",
  title: "Nightly verification",
  params: {},
  cron: "0 2 * * *",
  timeZone: "UTC",
};
const night = (n: number) => new Date(Date.UTC(2026, 0, n, 2));
/** Long enough that a busy machine does not look like a death. */
const leaseMs = 400;

const keepers: ScheduleKeeper[] = [];
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.stop();
});

/** Processes of the bot that share a record and a channel. */
function world() {
  const records = memoryRecordStore({ kind: "schedule", schema: scheduleSchema, isOpen: () => true });
  const channel: { readonly mark: string; readonly message: Message }[] = [];
  const runs: string[] = [];
  let found: Readonly<Record<string, Verdict>> = { a: "ok", b: "ok" };
  let laterMs = 0;
  let runMs = 5;
  let slack: "up" | "down" | "answers are lost" = "up";
  const now = () => new Date(Date.now() + laterMs);
  const sender: Sender = {
    post: async () => Promise.reject(new Error("not used")),
    update: async () => undefined,
    postIf: async (name, message, sending) => {
      if (slack === "down") throw new Error("Slack is away");
      const wanted = await message();
      if (wanted === undefined) return undefined;
      channel.push({ mark: sending?.mark ?? "", message: wanted });
      if (slack === "answers are lost") throw new Error("the answer was lost");
      return { channel: name, ts: String(channel.length) };
    },
    find: async (name, mark) => {
      const index = channel.findIndex((one) => one.mark === mark);
      return index === -1 ? undefined : { channel: name, ts: String(index + 1) };
    },
  };
  /** A process that dies when it comes to a point. */
  const process = (name: string, diesAt?: "run" | "told" | "post" | "beats") => {
    let dead = false;
    const alive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (dead) return await new Promise<never>(() => {});
      return await work();
    };
    const dieAt = (point: string) => {
      dead ||= point === diesAt;
    };
    const keeper = createScheduleKeeper({
      store: {
        ...records,
        get: (id) => alive(() => records.get(id)),
        create: (record) => alive(() => records.create(record)),
        update: (kept, record) =>
          alive(async () => {
            if (diesAt === "beats" && record.beats > kept.record.beats && kept.record.by === name) {
              throw new Error("a process that stands still writes nothing");
            }
            const done = await records.update(kept, record);
            if (record.news !== undefined && record.news.post === undefined) dieAt("told");
            return await alive(async () => done);
          }),
      },
      process: name,
      leaseMs,
      now,
      logger: pino({ level: "silent" }),
      run: async (_, known): Promise<Ending> =>
        alive(async () => {
          runs.push(`${name} after ${known?.runId ?? "nothing"}`);
          const verdicts = found;
          await sleep(runMs);
          dieAt("run");
          return await alive(async () => ({
            report: report({
              runbook: "verify",
              runId: `run-${runs.length}`,
              verdict: Object.values(verdicts).every((one) => one === "ok") ? "ok" : "fail",
              findings: Object.entries(verdicts).map(([id, verdict]) => finding({ id, verdict })),
            }),
          }));
        }),
      tell: async ({ title }, news, edit) =>
        alive(async () => {
          await tellNews({ sender, channel: "C0OPS", now }, title, news, edit).finally(() => dieAt("post"));
          await alive(async () => undefined);
        }),
      onSeen: () => undefined,
    });
    keepers.push(keeper);
    return keeper;
  };
  return {
    process,
    runs,
    told: () => channel.map(({ message }) => message.text.split("\n")[0]),
    record: async () => (await records.get("verify"))?.record,
    find: (verdicts: Readonly<Record<string, Verdict>>) => {
      found = verdicts;
    },
    slackIs: (state: typeof slack) => {
      slack = state;
    },
    runsTake: (ms: number) => {
      runMs = ms;
    },
    later: (ms: number) => {
      laterMs += ms;
    },
  };
}
type World = ReturnType<typeof world>;

/** A schedule that began, and whose first run was told of. */
async function begun(): Promise<World> {
  const bot = world();
  const keeper = bot.process("first");
  expect(await keeper.look(schedule, night(1))).toBe(true);
  expect(bot.runs).toEqual([]);
  expect(await keeper.look(schedule, night(2))).toBe(true);
  expect(bot.told()).toEqual([expect.stringMatching(/Nightly verification\* begins/)]);
  return bot;
}
const untilDone = (keeper: ScheduleKeeper, due: Date) =>
  vi.waitUntil(() => keeper.look(schedule, due).catch(() => false), { interval: 10 });

describe("a schedule", () => {
  it("that begins has missed nothing; from then on each time that it is due makes one run, with all processes looking", async () => {
    const bot = await begun();
    const processes = ["a", "b", "c"].map((name) => bot.process(name));
    await Promise.all(processes.map((keeper) => untilDone(keeper, night(3))));
    expect(bot.runs).toHaveLength(2);
    bot.find({ a: "fail", b: "ok" });
    await Promise.all(processes.map((keeper) => untilDone(keeper, night(4))));
    await Promise.all(processes.map((keeper) => untilDone(keeper, night(4))));
    expect(bot.runs).toHaveLength(3);
    expect(bot.told()).toEqual([expect.anything(), expect.stringMatching(/Nightly verification\*: 1 worse since/)]);
  });

  it("may be begun by two processes at once", async () => {
    const bot = world();
    const both = ["a", "b"].map((name) => bot.process(name));
    expect((await Promise.all(both.map((keeper) => keeper.look(schedule, night(1))))).toSorted()).toEqual([
      false,
      true,
    ]);
    expect(bot.runs).toEqual([]);
  });

  it("that nobody looked at for nights is made up once", async () => {
    const bot = await begun();
    const keeper = bot.process("back");
    await keeper.look(schedule, night(9));
    await keeper.look(schedule, night(9));
    expect(bot.runs).toEqual(["first after nothing", "back after run-1"]);
    expect((await bot.record())?.due).toBe(night(9).toISOString());
  });

  it("is done again by nobody whose clock is behind", async () => {
    const bot = await begun();
    await bot.process("ahead").look(schedule, night(5));
    expect(await bot.process("behind").look(schedule, night(4))).toBe(true);
    expect(bot.runs).toHaveLength(2);
  });
});

describe("a process that dies", () => {
  it.each([
    ["in the middle of its run", "run", 3],
    ["when it knows what to tell, and has told nothing", "told", 2],
    ["when it has told of it, and has not written that down", "post", 2],
  ] as const)("%s is followed by another one: one message, no more and no less", async (_, diesAt, runs) => {
    const bot = await begun();
    bot.find({ a: "fail", b: "ok" });
    void bot.process("dies", diesAt).look(schedule, night(3));
    await vi.waitUntil(() => bot.runs.length === 2);
    await sleep(20);
    const next = bot.process("lives");
    // It shows no life any more, and nobody is about to post any more.
    bot.later(25_000);
    await untilDone(next, night(3));
    expect(bot.told()).toEqual([expect.anything(), expect.stringMatching(/1 worse since/)]);
    expect(bot.runs).toHaveLength(runs);
    expect(await bot.record()).toMatchObject({ due: night(3).toISOString(), known: { verdicts: { a: "fail" } } });
    expect((await bot.record())?.by).toBeUndefined();
    // And the night after has nothing new.
    await next.look(schedule, night(4));
    expect(bot.told()).toHaveLength(2);
  });

  it("is not taken for dead while its run takes longer than a lease", async () => {
    const bot = await begun();
    bot.find({ a: "fail", b: "ok" });
    bot.runsTake(2.5 * leaseMs);
    const other = bot.process("other");
    const running = bot.process("slow").look(schedule, night(3));
    await vi.waitUntil(() => bot.runs.length === 2);
    const looks: boolean[] = [];
    while ((await bot.record())?.by === "slow") {
      looks.push(await other.look(schedule, night(3)));
      await sleep(10);
    }
    expect(await running).toBe(true);
    expect(looks.slice(0, -1)).not.toContain(true);
    expect([bot.runs.length, bot.told().length]).toEqual([2, 2]);
  });

  it("in name only, because it stood still for a while, tells of nothing when it goes on", async () => {
    const bot = await begun();
    bot.find({ a: "fail", b: "ok" });
    bot.runsTake(2.5 * leaseMs);
    const still = bot.process("stands still", "beats");
    const running = still.look(schedule, night(3));
    await vi.waitUntil(() => bot.runs.length === 2);
    bot.runsTake(1);
    const next = bot.process("lives");
    await untilDone(next, night(3));
    expect(bot.runs.at(-1)).toMatch(/^lives/);
    await expect(running).rejects.toMatchObject({ code: "schedule.lost" });
    expect(bot.told()).toHaveLength(2);
  });
});

describe("while Slack is away", () => {
  it("news wait, and are told when it is back", async () => {
    const bot = await begun();
    bot.find({ a: "fail", b: "ok" });
    bot.slackIs("down");
    const keeper = bot.process("a");
    await expect(keeper.look(schedule, night(3))).rejects.toThrow("Slack is away");
    bot.slackIs("up");
    await untilDone(keeper, night(3));
    expect(bot.told()).toHaveLength(2);
    expect(bot.runs).toHaveLength(2);
  });

  it("until it is due again, the next run tells of everything that nobody knows", async () => {
    const bot = await begun();
    bot.find({ a: "fail", b: "ok" });
    bot.slackIs("down");
    const keeper = bot.process("a");
    await keeper.look(schedule, night(3)).catch(() => undefined);
    bot.find({ a: "fail", b: "fail" });
    await keeper.look(schedule, night(4)).catch(() => undefined);
    bot.slackIs("up");
    await untilDone(keeper, night(4));
    expect(bot.told()).toEqual([expect.anything(), expect.stringMatching(/2 worse since/)]);
  });

  it("and has posted what it did not answer to, that is found and not told again", async () => {
    const bot = await begun();
    bot.find({ a: "fail", b: "ok" });
    bot.slackIs("answers are lost");
    const keeper = bot.process("a");
    await keeper.look(schedule, night(3)).catch(() => undefined);
    bot.slackIs("up");
    await expect(keeper.look(schedule, night(3))).rejects.toMatchObject({ code: "schedule.untold" });
    bot.later(25_000);
    await untilDone(keeper, night(3));
    expect(bot.told()).toHaveLength(2);
  });
});
