import { describe, expect, it } from "vitest";
import { worstVerdict } from "../../../../src/reports/model.ts";
import type { Disruption } from "../../../../src/runbooks/drill/disrupt.ts";
import { type Drilled, judge, type Synced } from "../../../../src/runbooks/drill/judge.ts";
import type { AlertLook, Fired, Stage } from "../../../../src/runbooks/drill/look-at-alerts.ts";
import type { Measurement, StreamMeasure } from "../../../../src/runbooks/drill/measure.ts";
import { concludeDrill } from "../../../../src/runbooks/drill/report.ts";
import { conclude } from "../../../../src/runbooks/drill/watch-alerts.ts";
import { config } from "../../../fakes/platform.ts";

const { drill } = config;
const evictedAt = "2026-01-02T12:00:00.000Z";
const at = (ms: number) => new Date(Date.parse(evictedAt) + ms).toISOString();
const role = "DragonflyRoleChanged";

const stream: StreamMeasure = {
  tries: 400,
  ok: 300,
  failures: { cut: 2, ECONNREFUSED: 98 },
  lastOkAt: 100,
  firstErrorAt: 125,
  backAt: 2_625,
  errorToOkMs: 2_500,
  longestPauseMs: 2_525,
  isOpen: false,
  latencyBefore: { p50Ms: 1, p99Ms: 3 },
  latencyAfter: { p50Ms: 1, p99Ms: 4 },
};
const strip = {
  bucketMs: 100,
  fromMs: -2_000,
  writesOk: [4, 0],
  writesFailed: [0, 4],
  readsOk: [4, 0],
  readsFailed: [0, 4],
};
const measured: Measurement = {
  startedAt: at(-2_000),
  everyMs: 25,
  lastedMs: 6_000,
  writes: stream,
  reads: stream,
  acknowledged: 300,
  lost: 0,
  lostReason: "",
  reconnects: 4,
  stalledMs: 3,
  strip,
};

const stage = <T>(value: T): Stage<T> => ({ ok: true, value, command: "look", at: evictedAt });
const blind = (code: string): Stage<never> => ({
  ok: false,
  reason: "it is away",
  code,
  command: "look",
  at: evictedAt,
});
const fired = (ms: number, now: boolean, alert = role): Fired => ({ alert, since: at(ms), severity: "info", now });
const look = (ms: number, all: readonly Fired[], more: Partial<AlertLook> = {}): AlertLook => ({
  at: at(ms),
  rules: stage(all),
  alertmanager: stage(all.filter(({ now }) => now)),
  bot: stage(all.map((one) => ({ ...one, incident: "i-1" }))),
  ...more,
});
const minute = 60_000;
const wellWatched = conclude([
  look(5_000, []),
  look(40_000, [fired(30_000, true)]),
  look(15.5 * minute, [fired(30_000, false)]),
]);

const disruption: Disruption = {
  at: evictedAt,
  measurement: measured,
  whyNot: "",
  elected: { pod: "dragonfly-1", afterMs: 1_200 },
  syncedAfterMs: 20_000,
};
const synced: Synced = { at: at(21_000), primary: "dragonfly-1", missing: "" };
const well: Drilled = { disruption, before: at(-3_000), synced, alerts: wellWatched };
const verdicts = (drilled: Drilled, held = drill) =>
  Object.fromEntries(judge(drilled, held).map(({ id, verdict }) => [id, verdict]));
const measurement = (more: Partial<Measurement>): Drilled => ({
  ...well,
  disruption: { ...disruption, measurement: { ...measured, ...more } },
});
const allHeld = {
  "write-gap": "ok",
  "read-gap": "ok",
  "lost-writes": "ok",
  elected: "ok",
  synced: "ok",
  [`alert.${role}.fired`]: "ok",
  [`alert.${role}.bot`]: "ok",
  [`alert.${role}.over`]: "ok",
};

describe("a drill against its objectives", () => {
  it("holds all of them when it went well", () => {
    expect(verdicts(well)).toEqual(allHeld);
  });

  const paused = (ms: number): StreamMeasure => ({ ...stream, longestPauseMs: ms });
  it.each<[string, string, Drilled, Drilled]>([
    [
      "write-gap",
      "a millisecond too long",
      measurement({ writes: paused(drill.writeGapMs) }),
      measurement({ writes: paused(drill.writeGapMs + 1) }),
    ],
    [
      "write-gap",
      "an error that lasts longer than any pause",
      measurement({ writes: { ...stream, errorToOkMs: drill.writeGapMs } }),
      measurement({ writes: { ...stream, errorToOkMs: drill.writeGapMs + 1 } }),
    ],
    [
      "read-gap",
      "a millisecond too long",
      measurement({ reads: paused(drill.readGapMs) }),
      measurement({ reads: paused(drill.readGapMs + 1) }),
    ],
    ["lost-writes", "one write", measurement({ lost: 0 }), measurement({ lost: 1 })],
    [
      "elected",
      "a millisecond too late",
      { ...well, disruption: { ...disruption, elected: { pod: "dragonfly-1", afterMs: drill.electedWithinMs } } },
      { ...well, disruption: { ...disruption, elected: { pod: "dragonfly-1", afterMs: drill.electedWithinMs + 1 } } },
    ],
    [
      "synced",
      "a millisecond too late",
      {
        ...well,
        disruption: { ...disruption, syncedAfterMs: null },
        synced: { ...synced, at: at(drill.syncedWithinMs) },
      },
      {
        ...well,
        disruption: { ...disruption, syncedAfterMs: null },
        synced: { ...synced, at: at(drill.syncedWithinMs + 1) },
      },
    ],
    [
      `alert.${role}.bot`,
      "a millisecond too late",
      { ...well, alerts: conclude([look(121_000, [fired(drill.alertFiredWithinMs, true)])]) },
      { ...well, alerts: conclude([look(121_000, [fired(drill.alertFiredWithinMs + 1, true)])]) },
    ],
    [
      `alert.${role}.over`,
      "a millisecond too late",
      { ...well, alerts: conclude([look(9_000, [fired(5_000, true)]), look(drill.alertResolvedWithinMs, [])]) },
      { ...well, alerts: conclude([look(9_000, [fired(5_000, true)]), look(drill.alertResolvedWithinMs + 1, [])]) },
    ],
  ])("misses %s by %s, and not before", (id, _, near, missed) => {
    expect(verdicts(near)[id]).toBe("ok");
    expect(verdicts(missed)[id]).toBe("fail");
  });

  it("does not know what nobody measured, and holds only what even the latest view of it holds", () => {
    const whyNot = "The process that measured was gone from 12:00 to 12:05 at the latest";
    const unmeasured: Drilled = {
      ...well,
      disruption: { at: at(9_000), measurement: null, whyNot, elected: null, syncedAfterMs: null },
    };
    expect(verdicts(unmeasured)).toMatchObject({
      "write-gap": "unknown",
      "read-gap": "unknown",
      "lost-writes": "unknown",
      // Seen 24 s after it could have begun, at most: too late to say that ten were enough, soon enough for two minutes.
      elected: "unknown",
      synced: "ok",
    });
    expect(judge(unmeasured, drill)[0]?.detail).toBe(whyNot);
    const { summary, findings } = concludeDrill(subject, unmeasured, drill);
    expect(summary).toContain("what clients saw is not known: The process that measured was gone");
    expect(worstVerdict(findings.map(({ verdict }) => verdict))).toBe("unknown");
  });

  it("calls a gap that was still open missed when it was too long already, else unknown", () => {
    const open = { ...stream, isOpen: true };
    expect(verdicts(measurement({ writes: { ...open, longestPauseMs: drill.writeGapMs + 1 } }))["write-gap"]).toBe(
      "fail",
    );
    expect(verdicts(measurement({ writes: open }))["write-gap"]).toBe("unknown");
    const late = {
      ...well,
      synced: { ...synced, missing: "dragonfly-0 is not in sync", at: at(drill.syncedWithinMs + 1) },
    };
    const { disruption: seen } = late;
    expect(verdicts({ ...late, disruption: { ...seen, syncedAfterMs: null } })["synced"]).toBe("fail");
  });

  it("does not know of lost writes that could not be read back", () => {
    expect(verdicts(measurement({ lost: null, lostReason: "away" }))["lost-writes"]).toBe("unknown");
  });
});

const subject = { runId: "r-1", instance: config.shared, primary: "dragonfly-0", context: "infra" };

describe("the alerts of a drill", () => {
  it.each<[string, readonly AlertLook[], Record<string, string>]>([
    ["never came", [look(5_000, []), look(121_000, [])], { fired: "fail", bot: "fail", over: "unknown" }],
    [
      "fires and does not reach the bot",
      [look(121_000, [fired(20_000, true)], { bot: stage([]) })],
      { fired: "ok", bot: "fail", over: "fail" },
    ],
    ["is never over", [look(21 * minute, [fired(20_000, true)])], { fired: "ok", bot: "ok", over: "fail" }],
    [
      "is seen by the bot only, the rest being away",
      [
        look(40_000, [fired(20_000, true)], {
          rules: blind("metrics.unreachable"),
          alertmanager: blind("alertmanager.unreachable"),
        }),
        look(16 * minute, [], { rules: blind("metrics.unreachable"), alertmanager: blind("alertmanager.unreachable") }),
      ],
      { fired: "unknown", bot: "ok", over: "ok" },
    ],
  ])("that %s", (_, looks, expected) => {
    const got = verdicts({ ...well, alerts: conclude(looks) });
    for (const [what, verdict] of Object.entries(expected))
      expect([what, got[`alert.${role}.${what}`]]).toEqual([what, verdict]);
  });

  it("cannot be expected to be over sooner than their rule looks back, and that is said", () => {
    const over = judge(well, { ...drill, alertResolvedWithinMs: 60_000 }).find(({ id }) => id.endsWith(".over"));
    expect(over).toMatchObject({
      verdict: "unknown",
      detail: "Its rule looks back 15m, so it cannot be over within 1m",
    });
  });

  it("are a finding when a failover that goes well does not raise them, and none when they may come", () => {
    const strange = [
      fired(70_000, true),
      fired(60_000, true, "DragonflyNoPrimary"),
      fired(9_000, true, "DragonflyRestarted"),
    ];
    const { findings } = concludeDrill(subject, { ...well, alerts: conclude([look(80_000, strange)]) }, drill);
    expect(findings.filter(({ id }) => id.endsWith(".unexpected"))).toMatchObject([
      {
        id: "drill.alert.DragonflyNoPrimary.unexpected",
        verdict: "warn",
        title: expect.stringContaining("DragonflyNoPrimary fired"),
      },
    ]);
  });

  it("are one unknown when nobody waited for them", () => {
    const got = verdicts({ ...well, alerts: { ...wellWatched, notWatched: "No metrics store is configured." } });
    expect(Object.entries(got).filter(([id]) => id.startsWith("alert."))).toEqual([[`alert.${role}`, "unknown"]]);
  });
});

describe("the report of a drill", () => {
  it("tells what happened in its order, from the eviction on", () => {
    const { tables, summary } = concludeDrill(subject, well, drill);
    expect(summary).toBe(
      "Failover of dragonfly-system/dragonfly drilled, all 8 objectives held: dragonfly-0 was evicted, dragonfly-1 is the primary; writes were back after 2.5s, reads after 2.5s, 0 of 300 writes lost",
    );
    expect(tables.find(({ title }) => title === `What happened when, after ${evictedAt}`)?.rows).toEqual([
      ["0", "dragonfly-0 is evicted"],
      ["+100ms", "last write that succeeds"],
      ["+100ms", "last read that succeeds"],
      ["+125ms", "first write that fails (cut)"],
      ["+125ms", "first read that fails (cut)"],
      ["+1.2s", "dragonfly-1 is the primary"],
      ["+2.6s", "first write that succeeds again"],
      ["+2.6s", "first read that succeeds again"],
      ["+20s", "all replicas follow dragonfly-1 in sync"],
      ["+30s", `${role} fires: rules`],
      ["+30s", `${role} fires: Alertmanager`],
      ["+30s", `${role} fires: the bot`],
      ["+15m 30s", `${role} over: rules`],
      ["+15m 30s", `${role} over: Alertmanager`],
      ["+15m 30s", `${role} over: the bot`],
    ]);
  });

  it("has a command for every finding", () => {
    for (const { evidence } of concludeDrill(subject, well, drill).findings) expect(evidence[0]?.command).toMatch(/\S/);
  });
});
