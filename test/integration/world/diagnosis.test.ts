import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFaultPanel, type FaultPanel } from "../../../sandbox/faults/faults.ts";
import { primaryOf } from "../../../sandbox/faults/instance-pods.ts";
import { askAdmin } from "../../../sandbox/world/operator/admin.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { compose } from "../../../src/compose.ts";
import { requireSettings } from "../../../src/config/load.ts";
import type { Report } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner, type Runner } from "../../../src/runbooks/runner.ts";
import { cases } from "./diagnosis-cases.ts";

/**
 * Faults on real processes, each beside the alert that it raises: the triage must name its cause. And for each a near miss: a
 * world that looks much the same and is something else, where it must not. The table is printed with the rate of hits.
 */

let world: World;
let panel: FaultPanel;
let ask: () => Runner;
const rows: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  panel = createFaultPanel(world);
  const settings = requireSettings({ ...world.env(), KUBECONFIG: world.adminKubeconfigPath }, "cli");
  const { platform } = compose(settings);
  const scrub = (text: string) => text;
  // A new one for each question: one and the same would share what was read a moment ago, in another world.
  ask = () => createRunner({ runbooks: catalog, config: settings.config, platform, scrub, now: () => new Date() });
});
afterEach(async () => {
  for (const { name, on } of panel.states()) if (on) await panel.set(name, false);
  await world.whenHealthy();
  // What earlier cases left in the slow log is none of the next one's.
  await askAdmin(primaryOf(world).ip, "SLOWLOG", "RESET");
});
afterAll(async () => {
  const count = (mark: string) => rows.filter((row) => row.startsWith(mark)).length;
  process.stdout.write(
    `${rows.join("\n")}\n${count("hit")} of ${cases.length} faults hit, ${count("near")} of ${cases.length} near misses told apart\n`,
  );
  await world?.stop();
});

const triage = (alert: string): Promise<Report> =>
  ask().run({ runbook: "triage", params: { alert }, requester: { surface: "webhook", id: "test" } });
const causeOf = ({ findings }: Report) => /^cause\.(.+)$/.exec(findings[0]?.id ?? "")?.[1] ?? "none";
const row = (mark: string, what: string, alert: string, report: Report) =>
  rows.push(
    `${mark} ${what.padEnd(60)} ${alert.padEnd(26)} ${causeOf(report).padEnd(26)} ${report.summary.slice(0, 110)}`,
  );

describe("the triage", () => {
  it.each(cases)(
    "of $alert with $fault names its cause",
    { timeout: 180_000 },
    async ({ fault, alert, cause, says }) => {
      await panel.set(fault, true);
      // Some faults need a scrape or two to be seen.
      let said = await triage(alert);
      for (let tries = 0; tries < 40 && !(says.test(said.summary) && causeOf(said) === cause); tries++) {
        await sleep(1_000);
        said = await triage(alert);
      }
      row(says.test(said.summary) && causeOf(said) === cause ? "hit " : "MISS", fault, alert, said);
      expect(said.summary).toMatch(says);
      expect(causeOf(said)).toBe(cause);
    },
  );

  it.each(cases)("of $alert is not misled by $near.0", { timeout: 180_000 }, async ({ alert, cause, fault, near }) => {
    const [what, make] = near;
    const heal = await make(world, panel);
    try {
      const said = await triage(alert);
      row(causeOf(said) === cause ? "WRONG" : "near", `${fault}: ${what}`, alert, said);
      expect(causeOf(said)).not.toBe(cause);
    } finally {
      await heal();
    }
  });

  it("of the same alerts in a healthy world is none of these causes, and says what it ruled out", {
    timeout: 180_000,
  }, async () => {
    await world.whenHealthy();
    for (const { alert, says } of cases) {
      const { summary } = await triage(alert);
      // Servers that started just now, or an event of the last hour, are still worth a word.
      expect(summary).toMatch(/Ruled out: .*Servers|restarted recently|servers started lately/);
      if (!summary.includes("restarted recently")) expect(summary).not.toMatch(says);
    }
  });
});
