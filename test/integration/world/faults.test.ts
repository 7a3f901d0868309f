import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFaultPanel, type FaultPanel, faultCatalog } from "../../../sandbox/faults/faults.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import type { Report } from "../../../src/reports/model.ts";
import { asBot, troubles } from "./status.ts";

let world: World;
let panel: FaultPanel;
let ask: (runbook: string) => Promise<Report>;

beforeAll(async () => {
  world = await startWorld();
  panel = createFaultPanel(world);
  ask = asBot(world);
  // The first question also loads what the bot loads late.
  await ask("status");
});
afterAll(() => world?.stop());
afterEach(async () => {
  // A fault that failed to show must not fail the ones after it.
  for (const { name, on } of panel.states()) if (on) await panel.set(name, false);
});

/** What `status` must find while the fault is on; `N` stands for the number of some pod. */
const expected: Readonly<Record<string, readonly string[]>> = {
  "stop-primary": ["fail pod.dragonfly-N", "warn resource.phase", "warn statefulset.replicas"],
  "break-replica-link": ["fail replication.dragonfly-N"],
  "two-primaries": ["fail replication.primary", "fail replication.labels"],
  "no-primary-operator-down": [
    "fail replication.primary",
    "fail replication.endpoints.dragonfly",
    "fail operator.replicas",
    "fail pod.dragonfly-N",
  ],
  "stuck-replica": ["fail replication.dragonfly-N", "warn pod.dragonfly-N"],
  "oom-killed": ["warn pod.dragonfly-N"],
  "pod-hangs": ["unknown server.dragonfly-N", "unknown replication.primary"],
  "fill-memory": ["fail server.dragonfly-N.memory"],
  "failed-snapshot": ["fail server.dragonfly-N.snapshot"],
  "disk-full": ["fail pvc.df-dragonfly-N.used"],
  "delete-pdb": ["fail pdb.data"],
  "cluster-policy-missing": ["fail networkpolicy.data"],
  "service-at-replica": ["fail replication.endpoints.dragonfly", "fail service.dragonfly-global"],
  "label-mismatch": ["fail replication.labels", "fail replication.endpoints.dragonfly"],
  "operator-down": ["fail operator.replicas"],
  "wrong-image": ["warn resource.image", "warn pod.dragonfly-N", "warn server.dragonfly-N"],
  "api-slow": ["unknown pods.count", "unknown operator.replicas"],
  "api-forbidden": ["unknown pods.count", "unknown operator.replicas"],
  "apps-unreachable": ["unknown service.apps"],
};

const anyPod = (line: string) => line.replace(/dragonfly-\d\b/, "dragonfly-N");

describe("every fault", () => {
  it("of the catalogue is expected to show something here", () => {
    expect(Object.keys(expected).toSorted()).toEqual(faultCatalog.map(({ name }) => name).toSorted());
  });

  it.each(faultCatalog.map(({ name, title }) => ({ name, title })))(
    "$name: $title shows, and is gone when healed",
    async ({ name }) => {
      await panel.set(name, true);
      expect(panel.states().find((state) => state.name === name)?.on).toBe(true);
      const seen = troubles(await ask("status")).map(anyPod);
      expect(seen).toEqual(expect.arrayContaining([...(expected[name] ?? [])]));

      await panel.set(name, false);
      expect(panel.states().every((state) => !state.on)).toBe(true);
      expect(troubles(await ask("status"))).toEqual([]);
    },
  );

  it("that is switched on twice happens once", async () => {
    await Promise.all([panel.set("delete-pdb", true), panel.set("delete-pdb", true)]);
    await panel.set("delete-pdb", false);
    expect(troubles(await ask("status"))).toEqual([]);
  });

  it("that cannot be shown now says why, and leaves the world able to heal", async () => {
    await panel.set("no-primary-operator-down", true);
    await expect(panel.set("break-replica-link", true)).rejects.toThrow("There is no primary now");
    await panel.set("no-primary-operator-down", false);
    expect(troubles(await ask("status"))).toEqual([]);
  });

  it("has a known name", async () => {
    await expect(panel.set("no-such-fault", true)).rejects.toThrow(/There is no fault "no-such-fault".*stop-primary/);
  });
});
