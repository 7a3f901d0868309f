import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createFaultPanel, type FaultPanel } from "../../../sandbox/faults/faults.ts";
import { primaryOf, replicasOf } from "../../../sandbox/faults/instance-pods.ts";
import { putOperatorToSleep } from "../../../sandbox/faults/sleep.ts";
import { podNamed } from "../../../sandbox/world/kubelet/kubelet.ts";
import { askAdmin, replicationOf } from "../../../sandbox/world/operator/admin.ts";
import { instance, startWorld, type World } from "../../../sandbox/world/world.ts";
import { compose } from "../../../src/compose.ts";
import type { DrillConfig } from "../../../src/config/file.ts";
import { requireSettings } from "../../../src/config/load.ts";
import type { PlatformChanges } from "../../../src/platform/changes.ts";
import { conclusionSchema } from "../../../src/reports/model.ts";
import { drillFailover } from "../../../src/runbooks/changes/drill-failover.ts";
import { failover } from "../../../src/runbooks/changes/failover.ts";
import { reattachReplica } from "../../../src/runbooks/changes/reattach-replica.ts";
import { restartReplica } from "../../../src/runbooks/changes/restart-replica.ts";
import { snapshot } from "../../../src/runbooks/changes/snapshot.ts";
import type { ChangeRunbook } from "../../../src/runbooks/durable/definition.ts";
import { createRunDriver, type RunDriver } from "../../../src/runbooks/durable/driver.ts";
import { hasEnded, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import type { RunStore } from "../../../src/runbooks/durable/store.ts";
import { groupDecides } from "../../fakes/decisions.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";

/** The change runbooks on real store processes, through the real adapters; the test is the person who approves. */

let world: World;
let panel: FaultPanel;
let store: RunStore;
let driver: RunDriver;
let sweeping: NodeJS.Timeout;
let runs = 0;

beforeAll(async () => {
  world = await startWorld({ metrics: false });
  panel = createFaultPanel(world);
  // The shipped role may not change anything yet: nothing in the service submits these runs.
  const settings = requireSettings({ ...world.env(), KUBECONFIG: world.adminKubeconfigPath }, "cli");
  const { platform, changes } = compose(settings);
  const { config } = settings;
  const deps = { config, platform, changes };
  store = memoryRunStore();
  driver = createRunDriver({
    store,
    runbooks: [
      snapshot(deps),
      restartReplica(deps),
      reattachReplica(deps),
      failover(deps),
      drillFailover({
        ...deps,
        config: { ...config, drill: shortDrill(config.drill) },
        changes: evictingLater(changes),
      }),
    ] as unknown as readonly ChangeRunbook[],
    process: "test",
    now: () => new Date(),
    leaseMs: 5_000,
    concurrency: 2,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    approvalLifeMs: () => 60_000,
    decisionContext: groupDecides("ops", ["U2"]),
  });
  sweeping = setInterval(() => void driver.sweep(), 50);
});
afterAll(async () => {
  clearInterval(sweeping);
  await driver?.stop();
  await world?.stop();
});
afterEach(async () => {
  for (const { name, on } of panel.states()) if (on) await panel.set(name, false);
});

/** Submits a run, approves the plan it asks about, and returns the run as it ended. */
async function carriedOut(runbook: string, params: Readonly<Record<string, unknown>> = {}): Promise<RunRecord> {
  const id = `run-${++runs}`;
  await driver.submit({ id, runbook, params, requester: { surface: "slack", id: "U1" } });
  const now = async () => (await store.get(id))?.record;
  return await vi.waitUntil(
    async () => {
      const record = await now();
      if (record === undefined || hasEnded(record.state)) return record;
      const asked = record.checkpoints.at(-1);
      if (record.state === "waiting" && asked?.kind === "approval" && asked.outcome === undefined) {
        await driver.vote(id, { person: "U2", choice: "approve", digest: asked.digest });
      }
      return undefined;
    },
    { timeout: 40_000, interval: 50 },
  );
}

/** What happens right before a drill evicts, while the canary is at it. */
let beforeEviction = async (): Promise<void> => undefined;
const evictingLater = (changes: PlatformChanges): PlatformChanges => ({
  ...changes,
  evictPod: async (pod, signal) => {
    await beforeEviction();
    await changes.evictPod(pod, signal);
  },
});
const shortDrill = (drill: DrillConfig): DrillConfig => ({
  ...drill,
  writeGapMs: 5_000,
  readGapMs: 5_000,
  electedWithinMs: 5_000,
  syncedWithinMs: 9_000,
  measureForMs: 6_000,
});

const uidOf = (pod: string) => podNamed(world.infra.objects, instance.namespace, pod)?.metadata.uid;

describe("snapshot", () => {
  it("saves the primary's data, and says when", async () => {
    const record = await carriedOut("snapshot");
    expect(record).toMatchObject({
      state: "succeeded",
      conclusion: { summary: expect.stringContaining(primaryOf(world).name) },
    });
  });

  it("tells its save from one that ended right before, although the server counts in whole seconds", async () => {
    await sleep(1_000 - (Date.now() % 1_000));
    await world.kubelet.container(instance.namespace, primaryOf(world).name)?.snapshot();
    expect(await carriedOut("snapshot")).toMatchObject({ state: "succeeded" });
  });

  it("fails with the server's own reason when the save fails although the server said OK", async () => {
    await panel.set("failed-snapshot", true);
    const record = await carriedOut("snapshot");
    expect(record).toMatchObject({ state: "failed", failure: { code: "snapshot.failed" } });
  });
});

describe("restart-replica", () => {
  it("replaces the pod, which comes back in sync, and leaves the primary alone", async () => {
    const [replica] = replicasOf(world);
    const before = { replica: uidOf(replica.name), primary: uidOf(primaryOf(world).name) };
    const record = await carriedOut("restart-replica", { pod: replica.name });
    expect(record.failure).toBeUndefined();
    expect(record.state).toBe("succeeded");
    expect(uidOf(replica.name)).not.toBe(before.replica);
    expect(uidOf(primaryOf(world).name)).toBe(before.primary);
    await world.whenHealthy();
  });

  it("refuses the primary", async () => {
    const { name } = primaryOf(world);
    expect(await carriedOut("restart-replica", { pod: name })).toMatchObject({
      state: "failed",
      failure: { code: "change.refused", message: `${name} is the primary` },
    });
  });

  it("refuses while another replica has lost its primary", async () => {
    await panel.set("break-replica-link", true);
    const links = await Promise.all(
      replicasOf(world).map(async ({ name, ip }) => ({ name, info: await replicationOf(ip) })),
    );
    const well = links.find(({ info }) => info.get("master_link_status") === "up");
    expect(await carriedOut("restart-replica", { pod: well?.name ?? "" })).toMatchObject({
      state: "failed",
      failure: { code: "change.refused" },
    });
  });
});

describe("failover", () => {
  it("moves the primary to the named replica by way of the operator, and everybody follows it", async () => {
    const before = primaryOf(world).name;
    const names = replicasOf(world)
      .map(({ name }) => name)
      .toSorted();
    const record = await carriedOut("failover", { to: names[0] });
    expect(record.failure).toBeUndefined();
    expect(record.conclusion).toMatchObject({ summary: `${names[0]} is the primary; 2 replicas follow it` });
    expect(primaryOf(world).name).toBe(names[0]);
    expect(names[0]).not.toBe(before);
    await world.whenHealthy();
  });

  it("refuses a replica that the operator would not choose, and names the one it would", async () => {
    const names = replicasOf(world)
      .map(({ name }) => name)
      .toSorted();
    expect(await carriedOut("failover", { to: names[1] })).toMatchObject({
      state: "failed",
      failure: { code: "change.refused", message: expect.stringContaining(`would choose ${names[0]}`) },
    });
  });
});

describe("drill-failover", () => {
  afterEach(() => {
    beforeEviction = async () => undefined;
  });
  const drilled = async () => {
    // A new primary has saved nothing yet.
    await carriedOut("snapshot");
    return await carriedOut("drill-failover");
  };
  const objectives = (record: RunRecord) => {
    const rows = conclusionSchema.parse(record.conclusion).tables[0]?.rows ?? [];
    return Object.fromEntries(rows.map(([verdict, measured, , what]) => [what, [measured, verdict]]));
  };
  const measured = (record: RunRecord) => {
    const step = record.checkpoints.find(({ name }) => name === "evict the primary's pod, and measure");
    return disruptionSchema.parse(step?.kind === "step" ? step.result : undefined);
  };

  it("evicts the primary once, measures a gap as a client, and says what was held", async () => {
    await world.whenHealthy();
    const before = primaryOf(world);
    const uid = uidOf(before.name);
    const record = await drilled();
    expect(record.failure).toBeUndefined();
    expect(uidOf(before.name)).not.toBe(uid);
    const after = primaryOf(world).name;
    expect(after).not.toBe(before.name);
    expect(objectives(record)).toMatchObject({
      "Writes back": [expect.stringMatching(/^[\d.]+m?s$/), "held"],
      "Reads back": [expect.stringMatching(/^[\d.]+m?s$/), "held"],
      "A new primary": [expect.stringMatching(/^[\d.]+m?s$/), "held"],
      "All replicas in sync": [expect.stringMatching(/^[\d.]+m?s$/), "held"],
      // Nothing of the kind is configured here, and nobody makes it up.
      "DragonflyRoleChanged fires, comes to the bot, and is over": ["not measured", "unknown"],
    });
    const { measurement, elected } = measured(record);
    expect(measurement.writes.errorToOkMs).toBeGreaterThan(0);
    expect(measurement.writes.longestPauseMs).toBeGreaterThan(25);
    expect(measurement.acknowledged).toBeGreaterThan(100);
    // Replication is not waited for: what was acknowledged in the very last moment may be gone.
    expect(measurement.lost).toBeLessThan(10);
    expect(elected?.pod).toBe(after);
    expect(record.conclusion).toMatchObject({ summary: expect.stringContaining(`${after} is the primary`) });
    await world.whenHealthy();
    // Nothing of the canary stays.
    expect(await askAdmin(primaryOf(world).ip, "KEYS", "{dfbot}:canary:*")).toEqual([]);
  });

  it("counts what was acknowledged and is gone when the new primary was behind", async () => {
    beforeEviction = async () => {
      for (const { ip } of replicasOf(world)) await askAdmin(ip, "REPLICAOF", "NO", "ONE");
      await sleep(500);
    };
    const record = await drilled();
    expect(record.failure).toBeUndefined();
    const { measurement } = measured(record);
    expect(measurement.lost).toBeGreaterThan(10);
    expect(measurement.lost).toBeLessThan(60);
    expect(objectives(record)["Acknowledged writes lost"]).toEqual([
      `${measurement.lost} of ${measurement.acknowledged}`,
      "missed",
    ]);
    await world.whenHealthy();
  });

  it("gives up in bounded time on an instance that does not come back, and says that it had not", async () => {
    let wake = () => {};
    beforeEviction = async () => {
      wake = putOperatorToSleep(world);
    };
    const record = await drilled();
    wake();
    expect(record.failure).toBeUndefined();
    expect(objectives(record)).toMatchObject({
      "Writes back": [expect.stringMatching(/^at least /), "missed"],
      "A new primary": [expect.stringMatching(/^at least /), "missed"],
      "All replicas in sync": [expect.stringMatching(/^at least /), "missed"],
      "Acknowledged writes lost": ["not measured", "unknown"],
    });
    await world.whenHealthy();
  });

  it.each([
    ["service-at-replica", "change.refused", /leads to a replica of it, not to its primary/],
    ["delete-pdb", "change.refused", /No disruption budget covers the primary's pod/],
    ["break-replica-link", "change.refused", /Not in sync: dragonfly-/],
  ])("evicts nothing with the fault %s", async (fault, code, words) => {
    await carriedOut("snapshot");
    const { name } = primaryOf(world);
    const uid = uidOf(name);
    await panel.set(fault, true);
    const record = await carriedOut("drill-failover");
    await panel.set(fault, false);
    expect(record).toMatchObject({ state: "failed", failure: { code, message: expect.stringMatching(words) } });
    expect(uidOf(name)).toBe(uid);
  });
});

const disruptionSchema = z.looseObject({
  elected: z.looseObject({ pod: z.string() }).nullable(),
  measurement: z.looseObject({
    acknowledged: z.number(),
    lost: z.number().nullable(),
    writes: z.looseObject({ errorToOkMs: z.number().nullable(), longestPauseMs: z.number() }),
  }),
});

describe("reattach-replica", () => {
  it("brings back replicas that were left behind when the primary restarted unnoticed", async () => {
    await panel.set("stuck-replica", true);
    for (const { name, ip } of replicasOf(world)) {
      if ((await replicationOf(ip)).get("master_link_status") === "up") continue;
      const record = await carriedOut("reattach-replica", { pod: name });
      expect(record.failure).toBeUndefined();
      expect(record.state).toBe("succeeded");
      expect((await replicationOf(ip)).get("master_link_status")).toBe("up");
    }
  });
});
