import { startWorld } from "../sandbox/world/world.ts";
import { composePlatform } from "../src/compose.ts";
import { loadSettings } from "../src/config/load.ts";
import { catalog } from "../src/runbooks/catalog/index.ts";
import { createRunner } from "../src/runbooks/runner.ts";
import { type Line, median, ms } from "./report.ts";
import { timedPlatform } from "./timed-platform.ts";

const rounds = 15;
/** A cluster somewhere else: what the API server needs to answer. */
const latencyMs = 120;

/** `status` against its own slowest upstream read in the same run, warm, on a world with an API server far away. */
export async function status(): Promise<readonly Line[]> {
  const world = await startWorld({ metrics: false });
  try {
    const loaded = loadSettings(world.env(), "cli");
    if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
    const { settings } = loaded;
    const { platform, reset, slowest } = timedPlatform(composePlatform(settings));
    const deps = {
      runbooks: catalog,
      config: settings.config,
      platform,
      scrub: (text: string) => text,
      now: () => new Date(),
    };
    // A runner of its own for each round: one runner would let runs within a second share one answer.
    const run = () =>
      createRunner(deps).run({ runbook: "status", params: {}, requester: { surface: "cli", id: "bench" } });
    for (const { api } of world.clusters) api.faults.latencyMs = latencyMs;
    await run();
    const walls: number[] = [];
    const reads: number[] = [];
    for (let i = 0; i < rounds; i++) {
      reset();
      const started = performance.now();
      await run();
      walls.push(performance.now() - started);
      reads.push(slowest());
    }
    const ratios = walls.map((wall, i) => wall / (reads[i] ?? Number.NaN));
    return [
      {
        name: "status: wall time / its slowest upstream read",
        ratio: median(ratios),
        atMost: 1.3,
        figures: {
          wall: ms(median(walls)),
          "slowest read": ms(median(reads)),
          "API server latency": ms(latencyMs),
          rounds: String(rounds),
        },
      },
    ];
  } finally {
    await world.stop();
  }
}
