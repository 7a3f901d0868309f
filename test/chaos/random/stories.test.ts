import { expect, it } from "vitest";
import { tellStory } from "./story.ts";

/** As many as fit into the suite; `script/chaos` tells more, or one of them again. */
const first = Number(process.env["CHAOS_SEED"] ?? 1);
const runs = Number(process.env["CHAOS_RUNS"] ?? 1_000);

it(`every rule holds in ${runs} random stories from seed ${first} on`, { timeout: 60_000 + runs * 200 }, async () => {
  const counts: Record<string, number> = {};
  const broken: string[] = [];
  let effects = 0;
  const began = process.hrtime.bigint();
  for (let seed = first; seed < first + runs; seed++) {
    const story = await tellStory(seed);
    for (const end of story.ends) counts[end] = (counts[end] ?? 0) + 1;
    effects += story.effects;
    for (const v of story.violations) {
      const key = `! ${v.rule}`;
      counts[key] = (counts[key] ?? 0) + 1;
      if (counts[key] < 4) broken.push(`seed ${seed}: ${v.rule}: ${v.what}`);
    }
    if (runs === 1) process.stdout.write(story.trace.join("\n"));
  }
  process.stdout.write(
    `${JSON.stringify(counts, null, 1)} effects ${effects} ${(process.hrtime.bigint() - began) / 1_000_000n} ms\n`,
  );
  expect(broken).toEqual([]);
});
