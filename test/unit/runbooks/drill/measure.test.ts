import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanaryLog, CanaryTry } from "../../../../src/platform/canary.ts";
import { gapOf, measure } from "../../../../src/runbooks/drill/measure.ts";

const everyMs = 25;
const evictedAt = 1_000;

interface Outage {
  readonly from: number;
  readonly to: number;
  readonly code: string;
}

/** A canary that answers within 2 ms, but for some outages in which every try fails after 1 ms. */
function logOf(outages: readonly Outage[], endedAt: number, more: Partial<CanaryLog> = {}): CanaryLog {
  const tries = Array.from({ length: Math.floor(endedAt / everyMs) }, (_, index) => {
    const sentAt = index * everyMs;
    const code = outages.find(({ from, to }) => from <= sentAt && sentAt < to)?.code;
    const end = sentAt + (code === undefined ? 2 : 1);
    const one = { number: index + 1, sentAt, endedAt: end, outcome: code ?? "ok" };
    return [
      { kind: "write", ...one },
      { kind: "read", ...one },
    ] as const satisfies readonly CanaryTry[];
  }).flat();
  const startedAt = "2026-01-02T12:00:00.000Z";
  return {
    startedAt,
    endedAt,
    everyMs,
    tries,
    reconnects: 0,
    stalledMs: 0,
    readBack: { ok: true, missing: [] },
    ...more,
  };
}

describe("what clients see of an eviction", () => {
  it("has no error and no gap beyond the pace when nothing fails", () => {
    const { writes, reads } = measure(logOf([], 5_000), evictedAt);
    for (const stream of [writes, reads]) {
      expect(stream).toMatchObject({ failures: {}, firstErrorAt: null, errorToOkMs: null, isOpen: false });
      expect(gapOf(stream)).toBeLessThanOrEqual(everyMs);
    }
  });

  it("is timed from the last success to the next, and from the first error to the next success", () => {
    const { writes } = measure(logOf([{ from: 1_500, to: 2_500, code: "cut" }], 5_000), evictedAt);
    expect(writes).toMatchObject({
      failures: { cut: 40 },
      // Sent at 1475 and answered 2 ms later; the next success is sent at 2500.
      lastOkAt: 477,
      firstErrorAt: 500,
      backAt: 1_502,
      errorToOkMs: 1_002,
      longestPauseMs: 1_025,
      isOpen: false,
    });
  });

  it("is open when the newest tries fail, also after it had been back once", () => {
    const down = { from: 1_500, to: 9_000, code: "ECONNREFUSED" };
    const open = measure(logOf([down], 4_000), evictedAt).writes;
    expect(open).toMatchObject({ isOpen: true, backAt: null, errorToOkMs: null });
    expect(open.longestPauseMs).toBe(4_000 - 1_477);
    const flapping = measure(
      logOf(
        [
          { from: 1_500, to: 1_600, code: "cut" },
          { ...down, from: 1_900 },
        ],
        4_000,
      ),
      evictedAt,
    );
    expect(flapping.writes).toMatchObject({ isOpen: true, errorToOkMs: 102, failures: { cut: 4, ECONNREFUSED: 84 } });
    expect(gapOf(flapping.writes)).toBe(4_000 - 1_877);
  });

  it("counts a hang by the time without an answer, although the first error comes late", () => {
    // Nothing is answered between 1500 and 3500; what was sent fails a second later.
    const log = logOf([{ from: 1_500, to: 3_500, code: "timeout" }], 6_000);
    const tries = log.tries.map((one) => (one.outcome === "timeout" ? { ...one, endedAt: one.sentAt + 1_000 } : one));
    expect(gapOf(measure({ ...log, tries }, evictedAt).writes)).toBe(2_025);
  });

  it("says the longest gap of any number of outages, whatever their order and length", () => {
    const outage = fc.record({ start: fc.integer({ min: 0, max: 60 }), length: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.array(outage, { minLength: 1, maxLength: 4 }), (given) => {
        const outages = given.map(({ start, length }) => {
          const from = evictedAt + 100 + start * everyMs;
          return { from, to: from + length * everyMs, code: "cut" };
        });
        const log = logOf(outages, 6_000);
        const { writes, strip } = measure(log, evictedAt);
        // By brute force: how long is the longest row of failures, in steps.
        const marks = log.tries
          .filter(({ kind }) => kind === "write")
          .map(({ outcome }) => (outcome === "ok" ? "." : "x"));
        const longest = Math.max(
          ...marks
            .join("")
            .split(".")
            .map((row) => row.length),
        );
        expect(writes.longestPauseMs).toBe((longest + 1) * everyMs);
        expect(gapOf(writes)).toBe(writes.longestPauseMs);
        const failed = marks.filter((mark) => mark === "x").length;
        expect(writes.failures).toEqual({ cut: failed });
        expect(writes.tries).toBe(writes.ok + failed);
        const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
        expect([sum(strip.writesFailed), sum(strip.readsFailed)]).toEqual([failed, failed]);
        expect(strip.writesOk.length).toBeLessThanOrEqual(241);
      }),
    );
  });

  it("counts as lost what was acknowledged and is missing, and nothing when nobody could look", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 100 })), (missing) => {
        const { lost, acknowledged } = measure(logOf([], 3_000, { readBack: { ok: true, missing } }), evictedAt);
        expect([lost, acknowledged]).toEqual([missing.length, 120]);
      }),
    );
    const blind = measure(logOf([], 3_000, { readBack: { ok: false, reason: "it is away" } }), evictedAt);
    expect([blind.lost, blind.lostReason]).toEqual([null, "it is away"]);
  });

  it("has the latency before it and after it apart", () => {
    const log = logOf([{ from: 1_500, to: 1_700, code: "cut" }], 4_000);
    const tries = log.tries.map((one) => (one.sentAt > 2_000 ? { ...one, endedAt: one.sentAt + 10 } : one));
    const { latencyBefore, latencyAfter } = measure({ ...log, tries }, evictedAt).writes;
    expect(latencyBefore).toEqual({ p50Ms: 2, p99Ms: 2 });
    expect(latencyAfter).toEqual({ p50Ms: 10, p99Ms: 10 });
  });
});
