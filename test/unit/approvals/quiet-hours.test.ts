import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endOfQuiet } from "../../../src/approvals/quiet-hours.ts";

const night = { timeZone: "Europe/Zurich", from: "22:00", to: "07:00" };

describe("quiet hours", () => {
  it.each([
    // Winter time is an hour ahead of UTC, summer time two.
    ["2026-01-15T20:59:59Z", undefined],
    ["2026-01-15T21:00:00Z", "2026-01-16T06:00:00.000Z"],
    ["2026-01-16T02:30:15Z", "2026-01-16T06:00:00.000Z"],
    ["2026-01-16T06:00:00Z", undefined],
    ["2026-07-15T20:30:00Z", "2026-07-16T05:00:00.000Z"],
    ["2026-07-16T05:00:00Z", undefined],
  ])("at %s: %s", (at, end) => {
    expect(endOfQuiet(night, new Date(at))?.toISOString()).toBe(end);
  });

  it("within a day work too, and without any nothing is quiet", () => {
    const noon = { timeZone: "UTC", from: "12:00", to: "13:00" };
    expect(endOfQuiet(noon, new Date("2026-01-15T12:59:30Z"))?.toISOString()).toBe("2026-01-15T13:00:00.000Z");
    expect(endOfQuiet(noon, new Date("2026-01-15T13:00:00Z"))).toBeUndefined();
    expect(endOfQuiet(undefined, new Date())).toBeUndefined();
  });

  it("end within a day, and are over when they end", () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const clock = (m: number) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.date({ min: new Date("2026-01-01"), max: new Date("2027-01-01"), noInvalidDate: true }),
        (a, b, at) => {
          fc.pre(a !== b);
          const quiet = { timeZone: "UTC", from: clock(a), to: clock(b) };
          const end = endOfQuiet(quiet, at);
          if (end === undefined) return true;
          return end > at && end.getTime() - at.getTime() <= 86_400_000 && endOfQuiet(quiet, end) === undefined;
        },
      ),
    );
  });
});
