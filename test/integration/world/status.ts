import type { World } from "../../../sandbox/world/world.ts";
import { composePlatform } from "../../../src/compose.ts";
import type { Config } from "../../../src/config/file.ts";
import { requireSettings } from "../../../src/config/load.ts";
import type { Report } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";

/** Asks the bot's own runbooks about a world, with the settings that the world hands out. */
export function asBot(
  world: World,
  changed: (config: Config) => Config = (config) => config,
): (runbook: string, params?: Readonly<Record<string, unknown>>) => Promise<Report> {
  const settings = requireSettings(world.env(), "cli");
  const deps = {
    runbooks: catalog,
    config: changed(settings.config),
    platform: composePlatform(settings),
    scrub: (text: string) => text,
    now: () => new Date(),
  };
  // A runner each time: one runner lets those who ask within a second share an answer, and here the world has changed.
  return (runbook, params = {}) =>
    createRunner(deps).run({ runbook, params, requester: { surface: "cli", id: "test" } });
}

/** What is not ok, as `verdict id`. */
export function troubles(report: Report): readonly string[] {
  return report.findings.filter(({ verdict }) => verdict !== "ok").map(({ id, verdict }) => `${verdict} ${id}`);
}
