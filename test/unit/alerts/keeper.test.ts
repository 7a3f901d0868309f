import { describe, expect, it } from "vitest";
import { type Incident, incidentSchema, isIncidentOpen } from "../../../src/alerts/incident.ts";
import { createKeeper, type PendingBatches } from "../../../src/alerts/keeper.ts";
import type { IncidentStore } from "../../../src/alerts/store.ts";
import { type Arrivals, arrivalsId, arrivalsSchema, keepArrivals, testAlert } from "../../../src/alerts/test-alert.ts";
import { BotError } from "../../../src/errors.ts";
import { memoryRecordStore } from "../../fakes/record-store.ts";

const now = () => new Date("2026-01-02T12:05:00Z");

/** `fails` makes the next calls fail. */
function memoryStore(): IncidentStore & { readonly fails: { next: number } } {
  const fails = { next: 0 };
  const before = () => {
    if (fails.next === 0) return;
    fails.next -= 1;
    throw new BotError("kubernetes.unreachable", "the API server is away", "");
  };
  return {
    ...memoryRecordStore<Incident>({ kind: "incident", schema: incidentSchema, isOpen: isIncidentOpen, before }),
    fails,
  };
}

function memoryJournal(): PendingBatches & { put(body: unknown): void; readonly aside: readonly number[] } {
  const batches = new Map<number, string>();
  const aside: number[] = [];
  let ids = 0;
  return {
    aside,
    put: (body) => void batches.set(++ids, JSON.stringify(body)),
    pending: (most) => [...batches].slice(0, most).map(([id, body]) => ({ id, body, receivedAt: "" })),
    seenTo: (done) => {
      for (const id of done) batches.delete(id);
    },
    setAside: (id) => {
      aside.push(id);
      batches.delete(id);
    },
  };
}

const payload = (
  group: string,
  fingerprints: readonly number[],
  status = "firing",
  startsAt = "2026-01-02T12:00:00Z",
  severity = "warning",
) => ({
  version: "4",
  groupKey: group,
  groupLabels: { alertname: group },
  alerts: fingerprints.map((n) => ({
    status,
    labels: { alertname: group, severity },
    annotations: {},
    startsAt,
    endsAt: status === "resolved" ? "2026-01-02T12:04:00Z" : "0001-01-01T00:00:00Z",
    fingerprint: n.toString(16).padStart(16, "0"),
  })),
});

function replica(store: IncidentStore, clock = now) {
  const journal = memoryJournal();
  const told: Incident[] = [];
  const unusable: string[] = [];
  const tests: string[] = [];
  const keeper = createKeeper({
    journal,
    store,
    channelFor: () => "C1",
    storm: { threads: 20, minutes: 10 },
    watchdog: "Watchdog",
    called: () => undefined,
    now: clock,
    onChange: (incident) => told.push(incident),
    onHeartbeat: async () => undefined,
    onTestAlerts: async (nonces) => void tests.push(...nonces),
    onUnusable: (body) => unusable.push(body),
  });
  return { journal, told, unusable, tests, keeper };
}
const shown = async (store: IncidentStore) =>
  (await store.list()).map(({ record }) => `${record.alertName} ${record.state} ${record.alerts.length}`).toSorted();

describe("notifications become incidents", () => {
  it("one for each group, whichever replicas hear of it and however often", async () => {
    const store = memoryStore();
    const replicas = [replica(store), replica(store)];
    for (const { journal } of replicas) {
      for (const group of ["A", "B"]) {
        journal.put(payload(group, [1]));
        journal.put(payload(group, [1, 2]));
        journal.put(payload(group, [1, 2]));
      }
    }
    await Promise.all(replicas.map(({ keeper }) => keeper.work()));
    expect(await shown(store)).toEqual(["A open 2", "B open 2"]);
    for (const { journal } of replicas) expect(journal.pending(10)).toEqual([]);
  });

  it("also when the store fails in between: nothing is lost, nothing is there twice", async () => {
    const store = memoryStore();
    const { journal, keeper } = replica(store);
    for (let n = 0; n < 20; n++) journal.put(payload(`G${n % 4}`, [n]));
    let failures = 0;
    for (let tries = 0; journal.pending(1).length > 0; tries++) {
      store.fails.next = tries % 3 === 0 ? 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 1));
      await keeper.work().catch(() => {
        failures += 1;
      });
      if (tries > 200) throw new Error("it does not end");
    }
    expect(failures).toBeGreaterThan(0);
    expect(await shown(store)).toEqual(["G0 open 5", "G1 open 5", "G2 open 5", "G3 open 5"]);
  });

  it("that are many groups at once get a few threads and one for all others, the critical ones first", async () => {
    const store = memoryStore();
    const { journal, keeper, told } = replica(store);
    for (let group = 0; group < 500; group++) {
      const alerts = Array.from({ length: 15 }, (_, n) => group * 100 + n);
      journal.put(payload(`G${group}`, alerts, "firing", undefined, group % 100 === 99 ? "critical" : "warning"));
    }
    await keeper.work();
    const all = (await store.list()).map(({ record }) => record);
    // Ten for warnings, five critical ones, and the one that the rest shares.
    expect(all.filter(({ storm }) => !storm).map(({ severity }) => severity)).toEqual([
      ...Array<string>(5).fill("critical"),
      ...Array<string>(10).fill("warning"),
    ]);
    expect(all.reduce((sum, { alerts }) => sum + alerts.length, 0)).toBe(7_500);
    expect(new Set(all.flatMap(({ alerts }) => alerts.map(({ identity }) => identity))).size).toBe(7_500);
    // Each was written a few times and not once for every notification.
    expect(told.length).toBeLessThan(25);

    // Whatever shared the thread ends there, and with the last of it the storm.
    for (let group = 0; group < 500; group++) {
      journal.put(
        payload(
          `G${group}`,
          Array.from({ length: 15 }, (_, n) => group * 100 + n),
          "resolved",
        ),
      );
    }
    await keeper.work();
    expect((await store.list()).map(({ record }) => record.state)).toEqual(Array(16).fill("resolved"));
  });

  it("that goes on after the storm has a thread of its own, and what began in the storm ends there", async () => {
    const store = memoryStore();
    let at = now();
    const { journal, keeper } = replica(store, () => at);
    for (let group = 0; group < 12; group++) journal.put(payload(`G${group}`, [group]));
    await keeper.work();
    at = new Date("2026-01-02T12:30:00Z");
    journal.put(payload("G11", [100], "firing", "2026-01-02T12:29:00Z"));
    await keeper.work();
    expect((await shown(store)).filter((one) => /G11|Storm/.test(one))).toEqual(["AlertStorm open 2", "G11 open 1"]);
    const both = payload("G11", [11, 100], "resolved");
    const [old, young] = both.alerts;
    journal.put({
      ...both,
      alerts: [old, { ...young, startsAt: "2026-01-02T12:29:00Z", endsAt: "2026-01-02T12:31:00Z" }],
    });
    journal.put(payload("G10", [10], "resolved"));
    await keeper.work();
    expect((await shown(store)).filter((one) => /G11|Storm/.test(one))).toEqual([
      "AlertStorm resolved 2",
      "G11 resolved 1",
    ]);
  });

  it("keeps the counts of a group that is larger than an incident may be, and of what Alertmanager left out", async () => {
    const store = memoryStore();
    const { journal, keeper } = replica(store);
    const many = Array.from({ length: 17_000 }, (_, n) => n);
    journal.put({ ...payload("A", many), truncatedAlerts: 50 });
    await keeper.work();
    const [kept] = await store.list();
    expect([kept?.record.alerts.length, kept?.record.unlisted]).toEqual([16_000, 1_050]);
    journal.put(payload("A", many, "resolved"));
    await keeper.work();
    expect(await shown(store)).toEqual(["A resolved 16000"]);
  });

  it("puts what can never be kept aside, and goes on with the others", async () => {
    const store = memoryStore();
    const { journal, keeper, unusable } = replica({
      ...store,
      create: async (incident) => {
        if (incident.alertName === "B") throw new BotError("incident.too-large", "too large", "");
        return await store.create(incident);
      },
    });
    for (const [n, group] of ["A", "B", "C"].entries()) journal.put(payload(group, [n]));
    await keeper.work();
    expect(await shown(store)).toEqual(["A open 1", "C open 1"]);
    expect([unusable.length, journal.aside.length, journal.pending(1)]).toEqual([1, 1, []]);
  });

  it("a new firing soon after the end goes on in the same one, a later one does not", async () => {
    const store = memoryStore();
    const { journal, keeper } = replica(store);
    journal.put(payload("A", [1]));
    journal.put(payload("A", [1], "resolved"));
    await keeper.work();
    expect(await shown(store)).toEqual(["A resolved 1"]);
    journal.put(payload("A", [1], "firing", "2026-01-02T12:05:00Z"));
    await keeper.work();
    expect(await shown(store)).toEqual(["A open 2"]);
  });

  it("what only ends, of what nobody was told of, is no incident", async () => {
    const store = memoryStore();
    const { journal, keeper, told } = replica(store);
    journal.put(payload("A", [1], "resolved"));
    await keeper.work();
    expect([await shown(store), told, journal.pending(1)]).toEqual([[], [], []]);
  });

  it("ends what Alertmanager no longer knows of", async () => {
    const store = memoryStore();
    const { journal, keeper } = replica(store);
    journal.put(payload("A", [1, 2]));
    await keeper.work();
    await keeper.reconcile(new Set(["0000000000000001/2026-01-02T12:00:00.000Z"]));
    expect(await shown(store)).toEqual(["A open 2"]);
    await keeper.reconcile(new Set());
    expect(await shown(store)).toEqual(["A resolved 2"]);
    await keeper.prune(new Date("2026-01-02T12:04:59Z"));
    expect(await shown(store)).toHaveLength(1);
    await keeper.prune(new Date("2026-01-02T12:05:01Z"));
    expect(await shown(store)).toEqual([]);
  });
});

describe("a test alert", () => {
  const nonce = "0123456789abcdef";
  const test = (more: object = {}, status = "firing") => ({
    ...payload(testAlert, [7], status),
    alerts: payload(testAlert, [7], status).alerts.map((alert) => ({
      ...alert,
      labels: { alertname: testAlert, severity: "none", nonce, ...more },
    })),
  });

  it("is told to whoever waits for it, and is no incident, also in one notification with others", async () => {
    const store = memoryStore();
    const { journal, keeper, tests, told } = replica(store);
    journal.put(test());
    await keeper.work();
    expect([tests, told, journal.pending(1)]).toEqual([[nonce], [], []]);
    const both = payload("A", [1]);
    journal.put({ ...both, alerts: [...test().alerts, ...both.alerts] });
    await keeper.work();
    expect([tests, await shown(store)]).toEqual([[nonce, nonce], ["A open 1"]]);
  });

  it("that is over, or whose nonce is none, is nothing", async () => {
    const store = memoryStore();
    const { journal, keeper, tests } = replica(store);
    for (const one of [test({}, "resolved"), test({ nonce: "<script>" }), test({ nonce: "" })]) journal.put(one);
    await keeper.work();
    expect([tests, await shown(store), journal.pending(1)]).toEqual([[], [], []]);
  });

  it("that two replicas hear at the same time is written down for both, and old ones are forgotten", async () => {
    const store = memoryRecordStore<Arrivals>({ kind: "arrival", schema: arrivalsSchema, isOpen: () => false });
    const nonces = Array.from({ length: 60 }, (_, n) => n.toString(16).padStart(16, "0"));
    await Promise.all(nonces.slice(0, 4).map((one) => keepArrivals(store, [one], now())));
    expect((await store.get(arrivalsId))?.record.nonces.toSorted()).toEqual(nonces.slice(0, 4));
    await keepArrivals(store, nonces, now());
    expect((await store.get(arrivalsId))?.record.nonces).toEqual(nonces.slice(10));
  });
});

it("a long backlog is read in small pieces: whoever waits for an answer meanwhile is not held up by all of it", async () => {
  const store = memoryStore();
  const { journal, keeper } = replica(store);
  for (let n = 0; n < 300; n++) journal.put(payload(`G${n}`, [1, 2, 3]));
  // The cluster is away, so nothing of it is waited for.
  store.fails.next = 1;
  let turns = 0;
  let reading = true;
  const turn = () => {
    turns += 1;
    if (reading) setImmediate(turn);
  };
  setImmediate(turn);
  await expect(keeper.work()).rejects.toThrow(/away/);
  reading = false;
  expect(turns).toBeGreaterThan(100);
});
