import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFaultPanel, type FaultPanel } from "../../../sandbox/faults/faults.ts";
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

/** What each of them makes the answers say, and that it heals: test/integration/sandbox/answers.test.ts. */
describe("a fault", () => {
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
