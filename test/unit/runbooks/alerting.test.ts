import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { AlertingReader, MetricsReader } from "../../../src/platform/ports.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";

const now = new Date("2026-01-02T12:00:00Z");
const sample = { labels: {}, value: 1, at: now.toISOString() };
const beat = (lastAt: string) => ({ labels: { cluster: "infra" }, lastAt });

const ask = async (world: { metrics?: MetricsReader["query"]; alerting?: Partial<AlertingReader> }) => {
  const healthy = fakePlatform();
  const platform = {
    ...healthy,
    metrics: { query: world.metrics ?? (async () => [sample]), range: async () => [], rules: async () => [] },
    alerting: {
      ...healthy.alerting,
      heartbeats: async () => [beat("2026-01-02T11:59:00Z")],
      ...world.alerting,
    },
  };
  const runner = createRunner({ runbooks: catalog, config, platform, scrub: (text) => text, now: () => now });
  return await runner.run({ runbook: "alerting", params: {}, requester: { surface: "cli", id: "test" } });
};

describe("whether alerts arrive", () => {
  it("is so when each stage has the alert that always fires", async () => {
    const { verdict, summary } = await ask({});
    expect([verdict, summary]).toEqual(["ok", "Alerts arrive: Watchdog (cluster infra) last came in 1m ago"]);
  });

  it.each([
    [
      "the rules",
      { metrics: async (query: string) => (query.startsWith("ALERTS") ? [] : [sample]) },
      /rules are not evaluated/,
    ],
    ["Alertmanager", { alerting: { activeAlertNames: async () => ["Other"] } }, /does not have Watchdog/],
    [
      "the way to the bot",
      { alerting: { heartbeats: async () => [beat("2026-01-02T11:40:00Z")] } },
      /has not come in for 20m/,
    ],
  ])("is not, and the break is named, when %s loses it", async (_, world, said) => {
    const { verdict, summary } = await ask(world);
    expect(verdict).toBe("fail");
    expect(summary).toMatch(said);
  });

  it("is unknown when a stage cannot be asked, and a warning when nothing was ever sent here", async () => {
    const away = new BotError("alertmanager.unreachable", "Alertmanager cannot be reached", "Check ALERTMANAGER_URL");
    expect((await ask({ alerting: { activeAlertNames: () => Promise.reject(away) } })).verdict).toBe("unknown");
    const never = await ask({ alerting: { heartbeats: async () => [] } });
    expect([never.verdict, never.summary]).toEqual(["warn", "Alerting is broken: Watchdog has never come in"]);
  });
});
