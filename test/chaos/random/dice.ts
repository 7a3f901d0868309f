import fc from "fast-check";

/** Chance that is the same for the same seed. */
export interface Dice {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

const most = 0xffff_ffff;

export function createDice(seed: number): Dice {
  const numbers = fc.noBias(fc.infiniteStream(fc.integer({ min: 0, max: most - 1 }), { noHistory: true }));
  const [stream] = fc.sample(numbers, { seed, numRuns: 1 });
  const next = (): number => Number(stream?.next().value) / most;
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    chance: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] as (typeof from)[number],
  };
}
