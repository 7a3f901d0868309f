import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { dueAt } from "../../../src/schedules/due.ts";
import { schedulesOf } from "../../../src/schedules/schedule.ts";

const due = async (cron: string, timeZone: string, now: string) => {
  const { last, next } = await dueAt({ cron, timeZone }, new Date(now));
  return [last.toISOString().slice(0, 16), next.toISOString().slice(0, 16)];
};

describe("a schedule", () => {
  it("is due at its time, not before, and at that very moment", async () => {
    const nightly = (now: string) => due("0 2 * * *", "UTC", now);
    expect(await nightly("2026-01-02T01:59:59.999Z")).toEqual(["2026-01-01T02:00", "2026-01-02T02:00"]);
    expect(await nightly("2026-01-02T02:00:00.000Z")).toEqual(["2026-01-02T02:00", "2026-01-03T02:00"]);
    expect(await nightly("2026-01-02T02:00:00.001Z")).toEqual(["2026-01-02T02:00", "2026-01-03T02:00"]);
  });

  it("keeps to the clock of its time zone when that changes", async () => {
    const nightly = (now: string) => due("0 3 * * *", "Europe/Zurich", now);
    expect(await nightly("2026-03-28T12:00:00Z")).toEqual(["2026-03-28T02:00", "2026-03-29T01:00"]);
    expect(await nightly("2026-10-24T12:00:00Z")).toEqual(["2026-10-24T01:00", "2026-10-25T02:00"]);
  });

  it("that is in the hour that the clock leaves out is due all the same, once", async () => {
    const [last, next] = await due("30 2 * * *", "Europe/Zurich", "2026-03-29T12:00:00Z");
    expect(last?.slice(0, 13)).toBe("2026-03-29T01");
    expect(next).toBe("2026-03-30T00:30");
  });

  it("in the hour that the clock has twice is due once", async () => {
    const [, first] = await due("30 2 * * *", "Europe/Zurich", "2026-10-24T12:00:00Z");
    const [, second] = await due("30 2 * * *", "Europe/Zurich", `${first}:00Z`);
    expect(second).toBe("2026-10-26T01:30");
  });
});

describe("schedules in dfbot.yaml", () => {
  const of = (text: string) => parseConfig(text, "dfbot.yaml");

  it("are a verification every night and a matrix every day, where there is something to probe with", () => {
    const ids = (text: string) => {
      const { config, problems } = of(text);
      expect(problems).toEqual([]);
      return config === undefined ? [] : schedulesOf(config).map(({ id, cron }) => `${id} ${cron}`);
    };
    expect(ids("")).toEqual(["verify 0 2 * * *"]);
    expect(ids("probes: {image: x}")).toEqual(["verify 0 2 * * *", "connectivity 0 6 * * *"]);
    expect(ids("schedules: {verify: {enabled: false}}")).toEqual([]);
  });

  it.each(["0 2 * * *", "*/5 * * * * *", "0,30 8-18/2 1 1,7 1-5", "59 23 31 12 7"])("may be %s", (cron) => {
    expect(of(`schedules: {verify: {cron: '${cron}'}}`).problems).toEqual([]);
  });

  it.each([
    "60 2 * * *",
    "0 24 * * *",
    "* * 0 * *",
    "0 2 * *",
    "nightly",
    "@daily",
    "0 5-2 * * *",
    "*/0 * * * *",
    "1-70 * * * *",
    "",
  ])("may not be %j", (cron) => {
    expect(of(`schedules: {verify: {cron: '${cron}'}}`).problems[0]).toMatch(
      /schedules\.verify\.cron: .*cron expression/,
    );
  });

  it("have a time zone that there is", () => {
    expect(of("schedules: {timeZone: Mars/Base}").problems[0]).toMatch(/schedules\.timeZone: .*IANA/);
  });
});
