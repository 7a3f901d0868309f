import { apiLatencyMs, type FarWorld, type Params } from "./read-runbook.ts";
import { type Line, median, ms } from "./report.ts";
import { timedPlatform } from "./timed-platform.ts";

interface Wanted {
  readonly runbook: string;
  readonly params?: Params;
  readonly rounds?: number;
  readonly atMost: number;
}

/** A runbook against its own slowest upstream read in the same run, warm. */
export async function againstSlowestRead(
  far: FarWorld,
  { runbook, params = {}, rounds = 15, atMost }: Wanted,
): Promise<Line> {
  const { platform, reset, slowest } = timedPlatform(far.platform);
  const run = () => far.run(runbook, params, { platform });
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
  return {
    name: `${[runbook, ...Object.keys(params).map((name) => `${name}=${params[name]}`)].join(" ")}: wall time / its slowest upstream read`,
    ratio: median(walls.map((wall, i) => wall / (reads[i] ?? Number.NaN))),
    atMost,
    figures: {
      wall: ms(median(walls)),
      "slowest read": ms(median(reads)),
      "API server latency": ms(apiLatencyMs),
      rounds: String(rounds),
    },
  };
}
