import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFaultPanel, type FaultPanel } from "../../../sandbox/faults/faults.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { compose } from "../../../src/compose.ts";
import { requireSettings } from "../../../src/config/load.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner, type Runner } from "../../../src/runbooks/runner.ts";
import { causesOfAlert } from "../../../src/runbooks/triage/causes.ts";

/**
 * Faults on real processes, each beside the alert that it raises: the triage must name its cause, and the same alert in a healthy
 * world must not be explained by it. The table is printed with the rate of hits.
 */

interface Case {
  readonly fault: string;
  readonly alert: string;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  {
    fault: "no-primary-operator-down",
    alert: "DragonflyNoPrimary",
    says: /no primary, and the operator .* is down too/,
  },
  { fault: "two-primaries", alert: "DragonflySeveralPrimaries", says: /servers say they are primary/ },
  { fault: "stuck-replica", alert: "DragonflyReplicaLinkDown", says: /is stuck/ },
  { fault: "break-replica-link", alert: "DragonflyReplicaStale", says: /lost its primary|follows|heard nothing/ },
  { fault: "oom-killed", alert: "DragonflyOomKilled", says: /OOM/ },
  { fault: "oom-killed", alert: "DragonflyRestarted", says: /OOM/ },
  { fault: "pod-hangs", alert: "DragonflyPodDown", says: /could not be read|does not answer/ },
  { fault: "fill-memory", alert: "DragonflyMemoryCritical", says: /Memory of/ },
  { fault: "failed-snapshot", alert: "DragonflySnapshotFailed", says: /no metric shows that/ },
  { fault: "disk-full", alert: "DragonflyDiskFull", says: /Volume .* is \d+ ?% full/ },
  { fault: "disk-full", alert: "DragonflySnapshotOld", says: /snapshots fill it/ },
  { fault: "service-at-replica", alert: "DragonflyNoPrimary", says: /READONLY/ },
  { fault: "label-mismatch", alert: "DragonflyRoleChanged", says: /READONLY/ },
  { fault: "operator-down", alert: "DragonflyOperatorDown", says: /nothing fails over/ },
  { fault: "wrong-image", alert: "DragonflyRolloutStuck", says: /stalls a rollout|pinned/ },
  { fault: "delete-pdb", alert: "SomethingUnknown", says: /PodDisruptionBudget/ },
  { fault: "cluster-policy-missing", alert: "DragonflyMetricsAbsent", says: /network policy/ },
];

let world: World;
let panel: FaultPanel;
let runner: Runner;
const rows: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  panel = createFaultPanel(world);
  const settings = requireSettings({ ...world.env(), KUBECONFIG: world.adminKubeconfigPath }, "cli");
  const { platform } = compose(settings);
  const scrub = (text: string) => text;
  runner = createRunner({ runbooks: catalog, config: settings.config, platform, scrub, now: () => new Date() });
}, 60_000);
afterEach(async () => {
  for (const { name, on } of panel.states()) if (on) await panel.set(name, false);
});
afterAll(async () => {
  process.stdout.write(
    `${rows.join("\n")}\n${rows.filter((row) => row.startsWith("hit")).length} of ${rows.length} hit\n`,
  );
  await world?.stop();
});

const triage = async (alert: string) =>
  (await runner.run({ runbook: "triage", params: { alert }, requester: { surface: "webhook", id: "test" } })).summary;

describe("the triage", () => {
  it.each(cases)("of $alert with $fault names its cause", { timeout: 60_000 }, async ({ fault, alert, says }) => {
    await panel.set(fault, true);
    // Some faults need a scrape or two to be seen.
    let said = await triage(alert);
    for (let tries = 0; tries < 12 && !says.test(said); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      said = await triage(alert);
    }
    rows.push(`${says.test(said) ? "hit " : "MISS"} ${fault.padEnd(26)} ${alert.padEnd(26)} ${said.slice(0, 140)}`);
    expect(said).toMatch(says);
  });

  it("of the same alerts in a healthy world is none of these causes, and says what it ruled out", {
    timeout: 60_000,
  }, async () => {
    await world.whenHealthy();
    for (const { alert, says } of cases) {
      const said = await triage(alert);
      // A pod that was replaced just now is still worth a word.
      expect(said).toMatch(/Ruled out: .*Servers|restarted recently/);
      if (!said.includes("restarted recently")) expect(said).not.toMatch(says);
    }
  });

  it("knows every alert that ships for an instance", () => {
    for (const { alert } of cases.filter(({ alert: name }) => name.startsWith("Dragonfly"))) {
      expect(causesOfAlert[alert]?.length).toBeGreaterThan(0);
    }
  });
});
