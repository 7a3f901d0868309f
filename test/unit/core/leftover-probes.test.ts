import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchLeftoverProbes } from "../../../src/leftover-probes.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the look for probe pods that were left over", () => {
  it("is made once a minute in every cluster, one that is away keeps no other from it, and ends when told", async () => {
    const asked: string[] = [];
    const said: unknown[] = [];
    const watch = watchLeftoverProbes({
      clusters: ["infra", "apps"],
      timeoutMs: 1_000,
      probes: {
        removeLeftovers: async (cluster, olderThanMs) => {
          asked.push(`${cluster} ${olderThanMs}`);
          if (cluster === "infra") throw new Error("away");
          return ["harbor/dfbot-probe-1"];
        },
      },
      onRemoved: (...removed) => said.push(removed),
      onTrouble: (cluster) => said.push(`trouble in ${cluster}`),
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual(["infra 120000", "apps 120000"]);
    expect(said).toEqual(expect.arrayContaining(["trouble in infra", ["apps", ["harbor/dfbot-probe-1"]]]));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(4);
    watch.stop();
    await vi.advanceTimersByTimeAsync(180_000);
    expect(asked).toHaveLength(4);
  });
});
