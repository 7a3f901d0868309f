import { describe, expect, it } from "vitest";
import { fold, openIncident } from "../../../src/alerts/fold.ts";
import type { Incident } from "../../../src/alerts/incident.ts";
import type { AlertBatch } from "../../../src/alerts/payload.ts";
import { createWatchdogWatch, type Heartbeat, heartbeatOf, heartbeatSchema } from "../../../src/alerts/watchdog.ts";
import { memoryRecordStore } from "../../fakes/record-store.ts";

const start = Date.parse("2026-01-02T12:00:00Z");
const minutes = (n: number) => new Date(start + n * 60_000);

const watchdog = (status: "firing" | "resolved" = "firing"): AlertBatch => ({
  groupKey: "{}",
  groupLabels: { alertname: "Watchdog", cluster: "infra" },
  receiver: "dfbot",
  externalUrl: "",
  truncated: 0,
  alerts: [
    {
      identity: "a/2026-01-01T00:00:00.000Z",
      fingerprint: "a",
      status,
      startsAt: "2026-01-01T00:00:00.000Z",
      endsAt: undefined,
      labels: { alertname: "Watchdog", cluster: "infra", severity: "none" },
      annotations: {},
      generatorUrl: "",
    },
  ],
});
const beatAt = (at: Date): Heartbeat => {
  const beat = heartbeatOf(watchdog(), "Watchdog", at.toISOString());
  if (beat === undefined) throw new Error("a heartbeat was expected");
  return beat;
};

/** Processes that share what they heard, and one incident of what they tell. */
function world() {
  const store = memoryRecordStore<Heartbeat>({ kind: "heartbeat", schema: heartbeatSchema, isOpen: () => true });
  let at = minutes(0);
  const incidents = new Map<string, Incident>();
  const tell = async (batch: AlertBatch) => {
    const [known] = [...incidents.values()];
    const next = known === undefined ? openIncident(batch, at) : fold(known, [batch], at);
    if (next !== undefined) incidents.set(next.id, next);
  };
  const process = () => createWatchdogWatch({ store, silentMs: 7 * 60_000, now: () => at, tell });
  const states = () =>
    [...incidents.values()].map(({ alertName, state, severity }) => `${alertName} ${severity} ${state}`);
  const to = (minute: number) => {
    at = minutes(minute);
  };
  return { process, states, to, open: () => [...incidents.values()] };
}

describe("the alert that always fires", () => {
  it("is heard by either process, and is no incident while it comes", async () => {
    const { process, states, to, open } = world();
    const [a, b] = [process(), process()];
    await a.heard(beatAt(minutes(0)));
    for (let minute = 2; minute <= 20; minute += 2) {
      to(minute);
      await (minute % 4 === 0 ? a : b).heard(beatAt(minutes(minute)));
      await Promise.all([a.look(open()), b.look(open())]);
    }
    expect(states()).toEqual([]);
  });

  it("that stays away is one critical incident for all processes, and ends when it is back", async () => {
    const { process, states, to, open } = world();
    const [a, b] = [process(), process()];
    await a.heard(beatAt(minutes(1)));
    to(9);
    for (const one of [a, b, a]) await one.look(open());
    expect(states()).toEqual(["AlertingSilent critical open"]);
    to(10);
    await b.heard(beatAt(minutes(10)));
    for (const one of [a, b]) await one.look(open());
    expect(states()).toEqual(["AlertingSilent critical resolved"]);
  });

  it("is not missed by a process that was not there to hear it", async () => {
    const { process, states, to, open } = world();
    await process().heard(beatAt(minutes(0)));
    to(60);
    const late = process();
    await late.look(open());
    expect(states()).toEqual([]);
    to(68);
    await late.look(open());
    expect(states()).toEqual(["AlertingSilent critical open"]);
  });

  it("is not taken for one when it is resolved, or another alert, and an older beat does not turn the clock back", async () => {
    expect(heartbeatOf(watchdog("resolved"), "Watchdog", "")).toBeUndefined();
    expect(heartbeatOf(watchdog(), "Other", "")).toBeUndefined();
    const { process, states, to, open } = world();
    const one = process();
    await one.heard(beatAt(minutes(5)));
    await one.heard(beatAt(minutes(1)));
    to(10);
    await one.look(open());
    expect(states()).toEqual([]);
  });
});
