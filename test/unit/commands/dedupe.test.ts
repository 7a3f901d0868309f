import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDedupe } from "../../../src/commands/dedupe.ts";

let nowMs: number;
beforeEach(() => {
  nowMs = 1;
  // The clock that the cache reads; it holds on to this object, so replacing the object would not reach it.
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => vi.restoreAllMocks());

/** The cache looks at the clock once a millisecond of real time; waits until it looks again. */
async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("an identity that comes again", () => {
  it("is still known when Slack's last retry comes, five minutes later and a little after, and forgotten in the end", async () => {
    const firstTime = createDedupe();
    expect(firstTime("command:1")).toBe(true);
    await pass(5 * 60_000 + 30_000);
    expect(firstTime("command:1")).toBe(false);
    await pass(6 * 60_000);
    expect(firstTime("command:1")).toBe(true);
  });

  it("is known through a burst of thousands of others", () => {
    const firstTime = createDedupe();
    firstTime("command:1");
    for (let i = 0; i < 9_000; i++) firstTime(`other:${i}`);
    expect(firstTime("command:1")).toBe(false);
  });
});
