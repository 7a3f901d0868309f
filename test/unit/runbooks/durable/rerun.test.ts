import { describe, expect, it } from "vitest";
import { z } from "zod";
import { makePlan } from "../../../../src/approvals/plan.ts";
import { defineRunbook } from "../../../../src/runbooks/define.ts";
import type { ChangeRunbook } from "../../../../src/runbooks/durable/definition.ts";
import type { Checkpoint, RunRecord } from "../../../../src/runbooks/durable/record.ts";
import { newRun } from "../../../../src/runbooks/durable/record.ts";
import { rerunFrom } from "../../../../src/runbooks/durable/rerun.ts";
import { createTestKit } from "../../../../src/runbooks/test-kit.ts";

const at = "2026-01-02T12:00:00.000Z";
const now = new Date("2026-01-02T12:10:00Z");
const failure = { code: "x", message: "it broke", next: "" };
const step = (name: string, more: object = {}): Checkpoint =>
  ({ kind: "step", name, begunAt: at, attempts: 1, doneAt: at, result: null, ...more }) as Checkpoint;
const approval = (more: object = {}): Checkpoint =>
  ({
    kind: "approval",
    name: "approval",
    askedAt: at,
    expiresAt: "2026-01-02T13:00:00.000Z",
    votes: [],
    digest: "d",
    plan: {},
    outcome: { state: "approved", at, by: ["U2"], reason: "" },
    ...more,
  }) as Checkpoint;
const failed = (...checkpoints: Checkpoint[]): RunRecord => {
  const requester = { surface: "slack" as const, id: "U1" };
  const run = newRun({ id: "r-1", runbook: "x", version: 1, params: {}, requester }, new Date(at));
  return { ...run, state: "failed", endedAt: at, failure, checkpoints };
};
const names = (record: RunRecord) => record.checkpoints.map(({ name }) => name);

describe("a run that goes on after a failure", () => {
  it("keeps what was done before the step that failed, and forgets the failure", () => {
    const after = rerunFrom(failed(step("a"), step("b", { failure })), "U2", now);
    expect(after).toMatchObject({ state: "queued", reruns: [{ by: "U2", from: "b" }] });
    expect(names(after)).toEqual(["a"]);
    expect(after.failure).toBeUndefined();
    expect(after.endedAt).toBeUndefined();
  });

  it("checks what the plan relied on again, while nothing has been changed yet", () => {
    const after = rerunFrom(
      failed(step("look"), approval(), step("check"), step("act", { effect: true, failure })),
      "U2",
      now,
    );
    expect(names(after)).toEqual(["look", "approval"]);
  });

  it("does not look for what it has changed itself", () => {
    const after = rerunFrom(
      failed(step("look"), approval(), step("check"), step("act", { effect: true }), step("wait", { failure })),
      "U2",
      now,
    );
    expect(names(after)).toEqual(["look", "approval", "check", "act"]);
  });

  it("does not outlive its approval when it still has everything to do; what was begun may be brought to its end", () => {
    const late = new Date("2026-01-02T13:00:00Z");
    const act = step("act", { effect: true, failure });
    expect(() => rerunFrom(failed(step("look"), approval(), act), "U2", late)).toThrow(
      /time in which run r-1 was approved is over/,
    );
    const begun = failed(step("look"), approval(), step("act", { effect: true }), step("wait", { failure }));
    expect(names(rerunFrom(begun, "U2", late))).toEqual(["look", "approval", "act"]);
  });

  it.each<[string, RunRecord, string]>([
    ["that succeeded", { ...failed(step("a")), state: "succeeded" }, "run.not-failed"],
    ["that was cancelled", { ...failed(step("a")), state: "cancelled" }, "run.not-failed"],
    ["that failed outside of its steps", failed(step("a")), "run.no-rerun"],
  ])("is not one %s", (_, record, code) => {
    expect(() => rerunFrom(record, "U2", now)).toThrow(expect.objectContaining({ code }));
  });

  it("does every effect once over all tries, whichever step failed", async () => {
    const steps = ["look", "one", "two", "confirm"] as const;
    for (const broken of steps) {
      let mended = false;
      const done: string[] = [];
      const maybe = (name: string) => {
        if (name === broken && !mended) throw new Error("broken");
      };
      const once = (name: string) => ({
        find: async () => (done.includes(name) ? "there" : undefined),
        apply: async () => {
          maybe(name);
          done.push(name);
          return "there";
        },
      });
      const runbook = defineRunbook({
        effect: "change",
        id: "x",
        title: "X",
        description: "",
        params: z.strictObject({}),
        run: async (ctx) => {
          await ctx.step("look", async () => maybe("look"));
          const effects = [{ key: "k", description: "d" }];
          await ctx.approve(
            "approval",
            makePlan({ runbook: "x", target: "t", title: "T", risk: "low", effects, preconditions: [] }),
          );
          await ctx.effect("one", once("one"));
          await ctx.effect("two", once("two"));
          await ctx.step("confirm", async () => maybe("confirm"));
          return { summary: "done", findings: [], tables: [] };
        },
      }) as unknown as ChangeRunbook;
      const kit = createTestKit({
        runbooks: [runbook],
        rerun: (record) => {
          if (mended) return undefined;
          mended = true;
          return rerunFrom(record, "U2", kit.now());
        },
      });
      const { record } = await kit.run();
      expect([broken, record.state, done]).toEqual([broken, "succeeded", ["one", "two"]]);
    }
  });
});
