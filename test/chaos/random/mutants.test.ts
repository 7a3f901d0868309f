import { describe, expect, it } from "vitest";
import { mutants } from "./mutants.ts";
import { tellStory } from "./story.ts";

const storiesAtMost = 300;

describe("the stories notice", () => {
  it.each(mutants)("$name", { timeout: 60_000 }, async ({ breaks, ...mutant }) => {
    const broken = new Set<string>();
    for (let seed = 1; seed <= storiesAtMost && !broken.has(breaks); seed++) {
      const { violations } = await tellStory(seed, mutant);
      for (const { rule } of violations) broken.add(rule);
    }
    expect([...broken]).toContain(breaks);
  });
});

it("a story is the same each time that it is told", async () => {
  for (const seed of [7, 8, 9]) expect(await tellStory(seed)).toEqual(await tellStory(seed));
  expect((await tellStory(7)).trace).not.toEqual((await tellStory(8)).trace);
});
