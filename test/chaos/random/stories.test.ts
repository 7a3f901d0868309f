import { expect, it } from "vitest";
import { type Story, tellStory } from "./story.ts";

/** The suite tells the same stories every time; `script/chaos` tells others, more of them, or one again. */
const first = Number(process.env["CHAOS_SEED"] ?? 1);
const stories = Number(process.env["CHAOS_RUNS"] ?? 1_000);
const shownAtMost = 5;
const traceAtMost = 60;

it(`every rule holds in ${stories} random stories from seed ${first} on`, {
  timeout: 60_000 + stories * 200,
}, async () => {
  const broken: Story[] = [];
  const ends = new Set<string>();
  let effects = 0;
  for (let seed = first; seed < first + stories; seed++) {
    const story = await tellStory(seed);
    for (const end of story.ends) ends.add(end);
    effects += story.effects;
    if (story.violations.length > 0) broken.push(story);
  }
  expect(broken.length, report(broken)).toBe(0);
  if (stories < 1_000) return;
  // Stories in which nothing happens would be true as well.
  expect([...ends].toSorted()).toEqual(["cancelled", "expired", "failed", "rejected", "succeeded"]);
  expect(effects).toBeGreaterThan(stories);
});

/** The rules that were broken, by seed, and the first story up to there. */
function report(broken: readonly Story[]): string {
  const [one] = broken;
  if (one === undefined) return "";
  const lines = broken
    .slice(0, shownAtMost)
    .flatMap(({ seed, violations }) => violations.map(({ rule, what }) => `seed ${seed}: ${rule}: ${what}`));
  const until = stories === 1 ? undefined : one.trace.findIndex((line) => line.includes("BROKEN")) + 1;
  const trace = stories === 1 ? one.trace : one.trace.slice(0, until).slice(-traceAtMost);
  return [
    `${broken.length} of ${stories} stories broke a rule.`,
    ...lines,
    "",
    `The story of seed ${one.seed} (all of it: script/chaos --seed ${one.seed}):`,
    ...trace,
  ].join("\n");
}
