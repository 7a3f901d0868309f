import { describe, expect, it } from "vitest";
import { newRun, type RunRecord } from "../../../../src/runbooks/durable/record.ts";
import { pastWakeUps, wakeUpsOf } from "../../../../src/runbooks/durable/wake-ups.ts";

const requester = { surface: "slack" as const, id: "U1" };
const queued = newRun({ id: "r-1", runbook: "x", version: 1, params: {}, requester }, new Date("2026-01-02T12:00:00Z"));
const asked = {
  kind: "approval" as const,
  name: "approval",
  askedAt: "2026-01-02T12:00:00.000Z",
  expiresAt: "2026-01-02T13:00:00.000Z",
  votes: [],
  digest: "d",
  plan: {},
};
const waiting: RunRecord = { ...queued, state: "waiting", checkpoints: [asked] };
const outcome = { state: "approved" as const, at: asked.askedAt, by: ["U2"], reason: "" };
const shown = (record: RunRecord, reminders: readonly number[] = [30, 45]) =>
  wakeUpsOf(record, reminders).map(({ why, at }) => `${why} ${at.toISOString().slice(11, 16)}`);

describe("the moments at which a run is looked at", () => {
  it.each<[string, RunRecord, readonly string[]]>([
    ["that was accepted: now", queued, ["carry-on 12:00"]],
    ["that waits for people: the reminders and the end", waiting, ["remind 12:30", "remind 12:45", "expire 13:00"]],
    ["that was decided about: now", { ...waiting, checkpoints: [{ ...asked, outcome }] }, ["carry-on 12:00"]],
    [
      "that somebody wants to end: now",
      { ...waiting, cancel: { by: "U1", at: asked.askedAt, reason: "" } },
      ["carry-on 12:00"],
    ],
    [
      "that sleeps: when it wakes",
      { ...queued, state: "sleeping", wakeAt: "2026-01-02T12:20:00.000Z" },
      ["wake 12:20"],
    ],
    ["that somebody is at work on: none", { ...queued, state: "running", owner: { process: "p", beat: 1 } }, []],
    ["that has ended: none", { ...queued, state: "succeeded" }, []],
  ])("%s", (_, record, expected) => {
    expect(shown(record)).toEqual(expected);
  });

  it("leave out reminders that would come when it is over", () => {
    expect(shown(waiting, [30, 60, 90])).toEqual(["remind 12:30", "expire 13:00"]);
  });

  it("have the same names when they are asked for again, and others after it was tried again", () => {
    const ids = (record: RunRecord) => wakeUpsOf(record, [30]).map(({ id }) => id);
    expect(ids(waiting)).toEqual(ids({ ...waiting }));
    const again = { ...waiting, reruns: [{ by: "U1", at: asked.askedAt, from: "x" }] };
    expect(new Set([...ids(waiting), ...ids(again)]).size).toBe(4);
  });

  it("are all named when they no longer matter, those of a quiet night too", () => {
    const wanted = wakeUpsOf(waiting, [30]).map(({ id }) => id);
    const past = pastWakeUps({ ...waiting, state: "cancelled" }, [30]);
    expect(past).toEqual(expect.arrayContaining(wanted));
    expect(past).toContain(`${wanted[0]}-late`);
    expect(pastWakeUps(waiting, [30])).toEqual([]);
  });
});
