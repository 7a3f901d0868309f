import { describe, expect, it } from "vitest";
import { type Incident, incidentSchema, isIncidentOpen } from "../../../src/alerts/incident.ts";
import { createKeeper, type PendingBatches } from "../../../src/alerts/keeper.ts";
import type { IncidentStore } from "../../../src/alerts/store.ts";
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
  const parse = (value: unknown) => incidentSchema.parse(value) as Incident;
  return { ...memoryRecordStore<Incident>({ kind: "incident", parse, isOpen: isIncidentOpen, before }), fails };
}

function memoryJournal(): PendingBatches & { put(body: unknown): void } {
  const batches = new Map<number, string>();
  let ids = 0;
  return {
    put: (body) => void batches.set(++ids, JSON.stringify(body)),
    pending: (most) => [...batches].slice(0, most).map(([id, body]) => ({ id, body, receivedAt: "" })),
    seenTo: (done) => {
      for (const id of done) batches.delete(id);
    },
  };
}

const payload = (
  group: string,
  fingerprints: readonly number[],
  status = "firing",
  startsAt = "2026-01-02T12:00:00Z",
) => ({
  version: "4",
  groupKey: group,
  groupLabels: { alertname: group },
  alerts: fingerprints.map((n) => ({
    status,
    labels: { alertname: group, severity: "warning" },
    annotations: {},
    startsAt,
    endsAt: status === "resolved" ? "2026-01-02T12:04:00Z" : "0001-01-01T00:00:00Z",
    fingerprint: n.toString(16).padStart(16, "0"),
  })),
});

function replica(store: IncidentStore) {
  const journal = memoryJournal();
  const told: Incident[] = [];
  const keeper = createKeeper({
    journal,
    store,
    channelFor: () => "C1",
    now,
    onChange: (incident) => told.push(incident),
  });
  return { journal, told, keeper };
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

  it("a storm of 10,000 alerts is a readable number of incidents, with every alert counted", async () => {
    const store = memoryStore();
    const { journal, keeper, told } = replica(store);
    for (let group = 0; group < 20; group++) {
      for (let part = 1; part <= 5; part++) {
        journal.put(
          payload(
            `G${group}`,
            Array.from({ length: part * 100 }, (_, n) => group * 1_000 + n),
          ),
        );
      }
    }
    await keeper.work();
    expect(await store.list()).toHaveLength(20);
    expect((await store.list()).reduce((sum, { record }) => sum + record.alerts.length, 0)).toBe(10_000);
    expect(told).toHaveLength(100);
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
