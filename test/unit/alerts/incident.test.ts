import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold as foldBatch, groupKeyOf, openIncident, resolveMissing, takes } from "../../../src/alerts/fold.ts";
import { firingOf, type Incident } from "../../../src/alerts/incident.ts";
import { type Alert, type AlertBatch, parseAlertBatch } from "../../../src/alerts/payload.ts";

const start = "2026-01-02T12:00:00.000Z";
const now = new Date("2026-01-02T12:05:00Z");
const alert = (n: number, more: Partial<Alert> = {}): Alert => ({
  identity: `${n}/${more.startsAt ?? start}`,
  fingerprint: String(n),
  status: "firing",
  startsAt: start,
  endsAt: undefined,
  labels: { alertname: "DragonflyPodDown", severity: "warning", pod: `dragonfly-${n}` },
  annotations: { summary: "A pod is down" },
  generatorUrl: "",
  ...more,
});
const resolved = (n: number, endsAt = "2026-01-02T12:04:00.000Z") => alert(n, { status: "resolved", endsAt });
const batch = (...alerts: Alert[]): AlertBatch => ({
  groupKey: "{}:{}",
  groupLabels: { alertname: "DragonflyPodDown", namespace: "dragonfly-system" },
  receiver: "dfbot",
  externalUrl: "",
  truncated: 0,
  alerts,
});
const fold = (incident: Incident, alerts: readonly Alert[], at: Date) => foldBatch(incident, [batch(...alerts)], at);
const opened = (...alerts: Alert[]) => {
  const incident = openIncident(batch(...alerts), now);
  if (incident === undefined) throw new Error("an incident was expected");
  return incident;
};

describe("an incident", () => {
  it("begins with the first firing alert, named by its group and not by its route", () => {
    const incident = opened(alert(1), alert(2));
    expect(incident).toMatchObject({
      state: "open",
      alertName: "DragonflyPodDown",
      severity: "warning",
      openedAt: start,
    });
    expect(groupKeyOf({ ...batch(alert(3)), groupKey: "another route" } as AlertBatch)).toBe(incident.key);
    expect(openIncident(batch(resolved(1)), now)).toBeUndefined();
  });

  it("grows, and ends when the last alert has ended, at that time", () => {
    const grown = fold(opened(alert(1)), [alert(2, { labels: { alertname: "X", severity: "critical" } })], now);
    expect([grown.alerts.length, grown.severity]).toEqual([2, "critical"]);
    const half = fold(grown, [resolved(1)], now);
    expect(half.state).toBe("open");
    const over = fold(half, [resolved(2, "2026-01-02T12:06:00.000Z")], now);
    expect(over).toMatchObject({ state: "resolved", resolvedAt: "2026-01-02T12:06:00.000Z" });
  });

  it("does not begin again with an old firing that arrives late, and does with a new one", () => {
    const over = fold(opened(alert(1)), [resolved(1)], now);
    expect(fold(over, [alert(1)], now)).toBe(over);
    expect(takes(over, over.key, now)).toBe(true);
    expect(takes(over, over.key, new Date("2026-01-02T12:20:00Z"))).toBe(false);
    const again = fold(over, [alert(1, { startsAt: "2026-01-02T12:05:00.000Z" })], now);
    expect(again.state).toBe("open");
    expect(again.resolvedAt).toBeUndefined();
  });

  it("ends what Alertmanager no longer knows of", () => {
    const incident = opened(alert(1), alert(2));
    const half = resolveMissing(incident, new Set([alert(1).identity]), now);
    expect(firingOf(half).map(({ identity }) => identity)).toEqual([alert(1).identity]);
    expect(resolveMissing(half, new Set(), now)).toMatchObject({ state: "resolved", resolvedAt: now.toISOString() });
    expect(resolveMissing(incident, new Set(incident.alerts.map(({ identity }) => identity)), now)).toBe(incident);
  });

  it("comes out the same however often and in whatever order its notifications arrive", () => {
    const one = fc.record({ n: fc.integer({ min: 1, max: 5 }), ends: fc.boolean() });
    const of = ({ n, ends }: { n: number; ends: boolean }) => (ends ? resolved(n) : alert(n));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (news, dice) => {
        const first = opened(alert(1));
        const told = news.map(of);
        const shuffled = [...told, ...told]
          .map((each) => ({ each, at: dice.next().value }))
          .toSorted((a, b) => a.at - b.at);
        const state = (incident: typeof first) =>
          [incident.state, incident.alerts.map(({ identity, status }) => `${identity} ${status}`).toSorted()] as const;
        const inOrder = told.reduce((incident, each) => fold(incident, [each], now), first);
        const anyOrder = shuffled.reduce((incident, { each }) => fold(incident, [each], now), first);
        expect(state(anyOrder)).toEqual(state(inOrder));
      }),
    );
  });
});

describe("a notification", () => {
  const payload = {
    version: "4",
    groupKey: "{}",
    status: "firing",
    receiver: "dfbot",
    groupLabels: { alertname: "X" },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://am",
    notification_reason: "from a newer version",
    alerts: [
      {
        status: "firing",
        labels: { alertname: "X" },
        annotations: {},
        startsAt: "2026-01-02T13:00:00.123456789+01:00",
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: "",
        fingerprint: "c0ffee",
      },
    ],
  };

  it("is read with what it has, the instant in one way, and without what is not known", () => {
    const { alerts, truncated } = parseAlertBatch(JSON.stringify(payload));
    expect(truncated).toBe(0);
    expect(alerts).toMatchObject([{ identity: "c0ffee/2026-01-02T12:00:00.123Z", endsAt: undefined }]);
  });

  it.each<[string, string, RegExp]>([
    ["nonsense", "{", /not JSON/],
    ["nothing", "null", /no Alertmanager notification/],
    ["another version", JSON.stringify({ ...payload, version: "3" }), /version/],
    [
      "an alert without labels",
      JSON.stringify({ ...payload, alerts: [{ ...payload.alerts[0], labels: {} }] }),
      /an alert has labels/,
    ],
    [
      "an alert without a fingerprint",
      JSON.stringify({ ...payload, alerts: [{ ...payload.alerts[0], fingerprint: "" }] }),
      /fingerprint/,
    ],
  ])("that is %s can never be accepted, and says why", (_, body, words) => {
    expect(() => parseAlertBatch(body)).toThrow(words);
  });

  it("of any shape is read or refused, and nothing else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseAlertBatch(JSON.stringify({ ...payload, alerts: value }));
        } catch (error) {
          expect(error).toMatchObject({ code: "alerts.payload" });
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
