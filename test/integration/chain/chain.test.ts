import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { primaryOf } from "../../../sandbox/faults/instance-pods.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { places } from "../../../sandbox/world/places.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";

/**
 * From a server that breaks to the thread that people read, every link the real one: stores, VictoriaMetrics, vmalert with the
 * shipped rules, Alertmanager with the shipped routes, the bot as a process, the sandbox's Slack.
 */

let sandbox: Sandbox;
const notices: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    page: false,
    alerting: { faster: 30 },
    world: {
      onNotice: (text) => notices.push(text),
      // Six repetitions of the heartbeat: some may be late.
      alerts: { watchdog: { alert: "Watchdog", silentMinutes: 0.3 } },
    },
  });
  if (sandbox.alerting === undefined) throw new Error(notices.join("\n"));
});
afterEach(async () => {
  for (const { name, on } of sandbox.faults.states()) if (on) await sandbox.faults.set(name, false);
});
afterAll(() => sandbox?.stop());

const { parents, said, replies } = watchChannel(() => sandbox.slack, "C0ALERTS");
const heartbeats = () =>
  sandbox.world.infra.objects
    .list(places.configMaps, "dragonfly-bot")
    .filter(({ metadata }) => metadata.name.startsWith("dfbot-heartbeat-"))
    .map((object) => JSON.stringify(object));
const slow = { timeout: 60_000, interval: 100 };

describe("from the server that breaks to the thread", { timeout: 300_000 }, () => {
  it("the alert that always fires arrives again and again, and nobody is bothered with it", async () => {
    const first = await vi.waitUntil(() => heartbeats()[0], slow);
    await vi.waitUntil(() => heartbeats().length === 1 && heartbeats()[0] !== first, slow);
    expect(parents(/Watchdog/)).toEqual([]);
    expect(parents(/AlertingSilent/)).toEqual([]);
  });

  it("a healthy world raises no alert that calls people", async () => {
    await sandbox.world.whenHealthy();
    // As long as the slowest of its rules waits here.
    await sleep(15_000);
    const alerts = z.array(z.object({ labels: z.object({ alertname: z.string() }) }));
    const active = alerts.parse(await (await fetch(`${sandbox.alerting?.alertmanagerUrl}/api/v2/alerts`)).json());
    expect(active.map(({ labels }) => labels.alertname)).toEqual(["Watchdog"]);
    expect(parents(/./)).toEqual([]);
  });

  it("a failover that is drilled raises its alert, which comes to the bot and is over, and all of it is in the report", async () => {
    const { messages, ask, press } = watchChannel(() => sandbox.slack, "C0OPS");
    const shown = async (words: RegExp, most = slow) =>
      vi.waitUntil(() => messages().findLast((one) => words.test(textOf(one))), most);
    const before = primaryOf(sandbox.world).name;
    await ask("drill failover");
    const plan = await shown(/A drill would evict[\s\S]*Ask for approval/);
    expect(textOf(plan)).toMatch(/7 checks are ok/);
    await press("plan_ask", plan, "U0ADA");
    await press("run_approve", await shown(/Drill a failover[\s\S]*run_approve/), "U0GRACE");
    const card = await shown(/Drill a failover[\s\S]*: Done[\s\S]*run r-/, { timeout: 200_000, interval: 100 });
    // A write that was acknowledged in the last moment may be lost, and is said to be; a busy machine misses more.
    expect(textOf(card)).toMatch(/drilled, (?:all 8 objectives held|\d of 8 objectives missed)/);
    expect(primaryOf(sandbox.world).name).not.toBe(before);
    await press("run_details", card, "U0GRACE");
    const { dialog } = watchChannel(() => sandbox.slack, "C0OPS");
    const details = JSON.stringify(await dialog("U0GRACE", /What happened when/));
    expect(details).toMatch(/held +[\d.]+m?s +2m +DragonflyRoleChanged fires/);
    expect(details).toMatch(/held +[\d.]+m?s +2m +DragonflyRoleChanged comes to the bot/);
    expect(details).toMatch(/held +[\dm .]+s +20m +DragonflyRoleChanged is over/);
    await vi.waitUntil(() => parents(/Resolved: DragonflyRoleChanged/)[0], slow);
  });

  it.each([
    ["pod-hangs", "DragonflyPodDown", /Most likely: [\s\S]*(could not be read|does not answer)/],
    [
      "no-primary-operator-down",
      "DragonflyNoPrimary",
      /Most likely: There is no primary, and the operator that would make one is down too/,
    ],
  ])("%s raises %s, the thread says why, and is closed when it is over", async (fault, alert, says) => {
    await sandbox.faults.set(fault, true);
    const title = new RegExp(`${alert}[\\s\\S]*firing`);
    const card = await vi.waitUntil(() => parents(title)[0], slow);
    await vi
      .waitUntil(() => replies(card.ts).some((one) => says.test(textOf(one))), slow)
      .catch(() => {
        throw new Error(`In the thread of ${alert} stands: ${replies(card.ts).map(textOf).join("\n")}`);
      });
    await sandbox.faults.set(fault, false);
    await vi.waitUntil(() => card.text.startsWith(`Resolved: ${alert}`), slow);
    await said(/Over after/, card.ts);
    expect(parents(new RegExp(alert))).toHaveLength(1);
    expect(replies(card.ts).filter((one) => says.test(textOf(one)) && !/Over after/.test(textOf(one)))).toHaveLength(1);
  });

  it("when the rules are no longer evaluated, the bot says that alerting is dead, and where, until it lives again", async () => {
    await sandbox.alerting?.evaluate(false);
    const card = await vi.waitUntil(() => parents(/AlertingSilent/)[0], slow);
    await vi.waitUntil(() => replies(card.ts).some((one) => /Alerting is broken/.test(textOf(one))), slow);
    await sandbox.alerting?.evaluate(true);
    await vi.waitUntil(() => card.text.startsWith("Resolved: AlertingSilent"), slow);
    expect(parents(/AlertingSilent/)).toHaveLength(1);
  });

  it("each group of alerts has one thread", () => {
    const groups = parents(/./).map((one) => one.text.replace(/^Resolved: /, "").split(" · ")[0]);
    expect(groups).not.toContainEqual(expect.stringContaining("DfbotDown"));
    // The primary may have moved twice, and in between that was over.
    const once = groups.filter((group) => !group?.startsWith("DragonflyRoleChanged"));
    expect(new Set(once).size).toBe(once.length);
  });
});
