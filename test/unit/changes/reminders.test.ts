import { describe, expect, it } from "vitest";
import type { DecisionContext } from "../../../src/approvals/decide.ts";
import { remind } from "../../../src/changes/reminders.ts";
import { configSchema } from "../../../src/config/file.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";

const requester = { surface: "slack" as const, id: "U1" };
const run = newRun({ id: "r-1", runbook: "x", version: 1, params: {}, requester }, new Date("2026-01-02T21:30:00Z"));
const waiting = (votes: readonly string[] = [], expiresAt = "2026-01-03T12:00:00.000Z"): RunRecord => ({
  ...run,
  state: "waiting",
  checkpoints: [
    {
      kind: "approval",
      name: "approval",
      askedAt: "2026-01-02T21:30:00.000Z",
      expiresAt,
      votes: votes.map((person) => ({
        person,
        choice: "approve" as const,
        at: "2026-01-02T21:31:00.000Z",
        reason: "",
      })),
      digest: "d",
      plan: {},
    },
  ],
});
const wakeUp = { id: "r-1-0-1-remind-1", run: "r-1", why: "remind" as const, at: new Date("2026-01-02T22:00:00Z") };
const context = (now: string): DecisionContext => ({
  now: new Date(now),
  policy: {
    groups: ["ops"],
    quorum: 2,
    fromEachGroup: false,
    expiresAfterMinutes: 60,
    remindAfterMinutes: [15, 30],
    breakGlass: [],
  },
  memberships: new Map([["ops", { known: true, people: new Set(["U1", "U2", "U3"]) }]]),
  delegations: [],
});

async function reminded(record: RunRecord, options: { now?: string; quietHours?: object; sent?: boolean } = {}) {
  const said: string[] = [];
  const asked: [string, number][] = [];
  const later = await remind(record, wakeUp, {
    config: configSchema.parse({ approvals: { ...(options.quietHours ? { quietHours: options.quietHours } : {}) } }),
    context: context(options.now ?? "2026-01-02T22:00:00Z"),
    driver: {
      remind: async (id, nth) => {
        asked.push([id, nth]);
        return options.sent !== false;
      },
    },
    sayInThread: async (_, text) => void said.push(text),
  });
  return { said, asked, later };
}

describe("a reminder", () => {
  it("mentions those who may decide and have not; not the one who asked", async () => {
    const { said, asked } = await reminded(waiting(["U2"]));
    expect(asked).toEqual([["r-1", 1]]);
    expect(said).toEqual([expect.stringContaining("<@U3>")]);
    expect(said[0]).not.toMatch(/<@U[12]>/);
  });

  it("that was sent already, by this process or another, is not sent again", async () => {
    expect((await reminded(waiting(), { sent: false })).said).toEqual([]);
  });

  it("is not sent for what nobody has to decide about any more", async () => {
    const { said, asked } = await reminded({ ...waiting(), state: "running" });
    expect([said, asked]).toEqual([[], []]);
  });

  it("waits for the end of the quiet hours", async () => {
    const quietHours = { timeZone: "UTC", from: "21:00", to: "07:00" };
    const { said, asked, later } = await reminded(waiting(), { quietHours });
    expect([said, asked]).toEqual([[], []]);
    expect(later).toMatchObject({ id: `${wakeUp.id}-late`, at: new Date("2026-01-03T07:00:00Z") });
  });

  it("is left out when the decision expires before they end", async () => {
    const quietHours = { timeZone: "UTC", from: "21:00", to: "07:00" };
    const { said, later } = await reminded(waiting([], "2026-01-03T06:00:00.000Z"), { quietHours });
    expect([said, later]).toEqual([[], undefined]);
  });
});
