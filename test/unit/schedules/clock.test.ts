import { pino } from "pino";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createScheduleClock, type ScheduleClock } from "../../../src/schedules/clock.ts";
import { dueAt } from "../../../src/schedules/due.ts";

const schedule = { id: "verify", title: "Nightly verification", params: {}, cron: "0 2 * * *", timeZone: "UTC" };

let clock: ScheduleClock;
// What it reckons with is loaded at first use, and that takes time which is not the clock's here.
beforeAll(() => dueAt(schedule, new Date()));
beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"], now: at("01:59:50") }));
afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

function at(time: string): Date {
  return new Date(`2026-01-02T${time}Z`);
}

/** The times at which the record was looked at, and about which due time; `answers` says what came of it. */
function clockOf(answers: (due: string) => boolean | Error = () => true) {
  const looks: string[] = [];
  clock = createScheduleClock({
    schedules: [schedule],
    keeper: {
      look: async (_, due) => {
        const about = due.toISOString().slice(8, 16);
        looks.push(`${new Date().toISOString().slice(11, 19)} about ${about}`);
        const answer = answers(about);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    logger: pino({ level: "silent" }),
    now: () => new Date(),
  });
  clock.start();
  return looks;
}
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await vi.advanceTimersByTimeAsync(1_000);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("the clock of the schedules", () => {
  it("looks at what was due before it began, and then at nothing until it is due again", async () => {
    const looks = clockOf();
    await pass(9);
    expect(looks).toEqual(["01:59:51 about 01T02:00"]);
    expect(clock.next("verify")?.toISOString()).toBe("2026-01-02T02:00:00.000Z");
  });

  it("without the queue goes by its own time", async () => {
    const looks = clockOf();
    await pass(30);
    expect(looks.slice(1)).toEqual(["02:00:00 about 02T02:00"]);
  });

  it("lets the queue speak first, and speaks for it after a minute", async () => {
    const looks = clockOf();
    clock.queueIsUp(true);
    await pass(90);
    expect(looks.slice(1)).toEqual(["02:01:00 about 02T02:00"]);
  });

  it("looks when the queue says so, once, and not at what is none of its schedules", async () => {
    const looks = clockOf();
    clock.queueIsUp(true);
    await pass(12);
    clock.hint("verify");
    clock.hint("another");
    await pass(5);
    clock.hint("verify");
    await pass(90);
    expect(looks.slice(1)).toEqual(["02:00:03 about 02T02:00"]);
  });

  it("does not wait for a queue that goes away meanwhile", async () => {
    const looks = clockOf();
    clock.queueIsUp(true);
    await pass(20);
    clock.queueIsUp(false);
    await pass(2);
    expect(looks.slice(1)).toEqual(["02:00:11 about 02T02:00"]);
  });

  it("looks again while another process is at it, and while the cluster does not answer", async () => {
    let left = 2;
    const looks = clockOf((due) =>
      due.startsWith("01") || left-- <= 0 ? true : left === 1 ? false : new Error("away"),
    );
    await pass(40);
    expect(looks.slice(1)).toEqual(["02:00:00 about 02T02:00", "02:00:05 about 02T02:00", "02:00:10 about 02T02:00"]);
  });
});
