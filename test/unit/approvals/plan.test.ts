import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { driftOf, isIntact, makePlan, type PlanContents, shortDigest } from "../../../src/approvals/plan.ts";

const contents: PlanContents = {
  runbook: "restart-replica",
  target: "dragonfly-system/dragonfly",
  title: "Restart dragonfly-1",
  risk: "low",
  effects: [{ key: "pod/dragonfly-1/delete", description: "Delete pod dragonfly-1" }],
  preconditions: [
    { id: "primary", description: "dragonfly-0 is the primary", expected: "dragonfly-0" },
    { id: "replicas", description: "Both replicas are in sync", expected: ["dragonfly-1", "dragonfly-2"] },
  ],
};

describe("a plan's digest", () => {
  it("is the same for the same contents, however they are written down", () => {
    const { effects, ...rest } = contents;
    const other = makePlan({ effects, ...JSON.parse(JSON.stringify(rest)) });
    expect(other.digest).toBe(makePlan(contents).digest);
    expect(other.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(shortDigest(other.digest)).toHaveLength(12);
  });

  it("changes with every field", () => {
    const { digest } = makePlan(contents);
    const changes: readonly Partial<PlanContents>[] = [
      { runbook: "failover" },
      { target: "x/y" },
      { title: "Restart dragonfly-2" },
      { risk: "high" },
      { effects: [{ key: "pod/dragonfly-2/delete", description: "Delete pod dragonfly-1" }] },
      { effects: [{ key: "pod/dragonfly-1/delete", description: "Delete pod dragonfly-1", diff: "-a" }] },
      { preconditions: [] },
    ];
    for (const change of changes) expect(makePlan({ ...contents, ...change }).digest).not.toBe(digest);
  });

  it("gives a changed plan away", () => {
    const plan = makePlan(contents);
    expect(isIntact(plan)).toBe(true);
    expect(isIntact({ ...plan, title: "Restart dragonfly-0" })).toBe(false);
  });

  it("does not depend on the order of keys in values", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        const of = (expected: Record<string, string | number | boolean>) =>
          makePlan({ ...contents, preconditions: [{ id: "x", description: "x", expected }] }).digest;
        expect(of(reversed)).toBe(of(value));
      }),
    );
  });
});

describe("drift", () => {
  it("is nothing when all is as it was, and a sentence for what is not", () => {
    const plan = makePlan(contents);
    expect(driftOf(plan, { primary: "dragonfly-0", replicas: ["dragonfly-1", "dragonfly-2"] })).toEqual([]);
    expect(driftOf(plan, { primary: "dragonfly-1", replicas: ["dragonfly-1", "dragonfly-2"] })).toEqual([
      { id: "primary", sentence: 'dragonfly-0 is the primary: expected "dragonfly-0", found "dragonfly-1"' },
    ]);
  });

  it("is a precondition that nobody looked at again", () => {
    expect(driftOf(makePlan(contents), { primary: "dragonfly-0" }).map(({ id }) => id)).toEqual(["replicas"]);
  });
});
