import { startWorld, type World } from "../sandbox/world/world.ts";
import { composePlatform } from "../src/compose.ts";
import type { Config } from "../src/config/file.ts";
import { loadSettings } from "../src/config/load.ts";
import type { Platform } from "../src/platform/ports.ts";
import type { Report } from "../src/reports/model.ts";
import { catalog } from "../src/runbooks/catalog/index.ts";
import { createRunner } from "../src/runbooks/runner.ts";

/** A cluster somewhere else: what the API server needs to answer. */
export const apiLatencyMs = 120;

export type Params = Readonly<Record<string, unknown>>;

/** The bot's read runbooks on a world whose API servers are far away. */
export interface FarWorld {
  readonly world: World;
  readonly platform: Platform;
  run(
    runbook: string,
    params: Params,
    on?: { readonly platform?: Platform; readonly config?: Config },
  ): Promise<Report>;
  readonly config: Config;
  stop(): Promise<void>;
}

export async function startFarWorld(options: Parameters<typeof startWorld>[0]): Promise<FarWorld> {
  const world = await startWorld(options);
  const loaded = loadSettings(world.env(), "cli");
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  const { config } = loaded.settings;
  const platform = composePlatform(loaded.settings);
  for (const { api } of world.clusters) api.faults.latencyMs = apiLatencyMs;
  return {
    world,
    platform,
    config,
    // A runner of its own for each run: one runner would let runs within a second share one answer.
    run: (runbook, params, on = {}) =>
      createRunner({
        runbooks: catalog,
        config: on.config ?? config,
        platform: on.platform ?? platform,
        scrub: (text) => text,
        now: () => new Date(),
      }).run({ runbook, params, requester: { surface: "cli", id: "bench" } }),
    stop: () => world.stop(),
  };
}
