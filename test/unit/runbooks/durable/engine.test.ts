import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BotError } from "../../../../src/errors.ts";
import { defineRunbook } from "../../../../src/runbooks/define.ts";
import type { ChangeRunbook, DurableContext } from "../../../../src/runbooks/durable/definition.ts";
import type { Checkpoint } from "../../../../src/runbooks/durable/record.ts";
import { createTestKit, type TestKit, type TestKitOptions } from "../../../../src/runbooks/test-kit.ts";

const done = { summary: "done", findings: [], tables: [] };

function runbook(
  run: (context: DurableContext<Record<string, unknown>>) => Promise<unknown>,
  more: Partial<ChangeRunbook> = {},
): ChangeRunbook {
  return defineRunbook({
    effect: "change",
    id: "example",
    title: "Example",
    description: "",
    params: z.looseObject({}),
    ...more,
    run: async (context) => {
      await run(context);
      return done;
    },
  });
}

const runs = (run: Parameters<typeof runbook>[0], options: Partial<TestKitOptions> = {}) =>
  createTestKit({ runbooks: [runbook(run)], ...options }).run();
const steps = (checkpoints: readonly Checkpoint[]) => checkpoints.map(({ kind, name }) => `${kind} ${name}`);

describe("a run", () => {
  it("does its steps in order and keeps what they returned, as JSON", async () => {
    const seen: unknown[] = [];
    const { record } = await runs(async ({ step, sleep }) => {
      seen.push(await step("one", async () => ({ at: new Date(0), nothing: undefined })));
      await sleep("a while", 60_000);
      await step("two", async () => undefined);
    });
    expect(record).toMatchObject({ state: "succeeded", conclusion: done });
    expect(steps(record.checkpoints)).toEqual(["step one", "sleep a while", "step two"]);
    // The second time it is read back; the first time it must look no different.
    expect(seen).toEqual([{ at: "1970-01-01T00:00:00.000Z" }, { at: "1970-01-01T00:00:00.000Z" }]);
  });

  it("tries a step again as often as it says, waiting longer each time, then fails with the step's own error", async () => {
    const at: number[] = [];
    const kit: TestKit = createTestKit({
      runbooks: [
        runbook(({ step }) =>
          step(
            "flaky",
            async () => {
              at.push(kit.now().getTime());
              throw new BotError("thing.broken", "It broke", "Mend it");
            },
            { retries: 2, backoffMs: 100 },
          ),
        ),
      ],
    });
    const { record } = await kit.run();
    expect(record).toMatchObject({
      state: "failed",
      failure: { code: "thing.broken", message: "It broke", next: "Mend it" },
    });
    expect(at.map((one) => one - (at[0] ?? 0))).toEqual([0, 100, 300]);
  });

  it("may go on after a step that failed, and does so again when it is carried on", async () => {
    const { record } = await runs(
      async ({ step, sleep }) => {
        const verdict = await step("fails", async () => Promise.reject(new Error("no"))).catch(() => "caught");
        await sleep("between", 10);
        await step(`after ${String(verdict)}`, async () => 1);
      },
      { crashAt: [9] },
    );
    expect(record.state).toBe("succeeded");
    expect(steps(record.checkpoints)).toEqual(["step fails", "sleep between", "step after caught"]);
  });

  it("gives a step its time and no more", async () => {
    const { record } = await runs(({ step }) => step("hangs", () => new Promise(() => {}), { timeoutMs: 20 }));
    expect(record.failure).toMatchObject({ code: "step.timeout", message: '"hangs" did not end within 0.02 s' });
  });

  it("refuses a result that is too large to be kept", async () => {
    const { record } = await runs(({ step }) => step("big", async () => "x".repeat(300_000)));
    expect(record.failure).toMatchObject({ code: "step.result-too-large" });
  });

  it("refuses two steps at once, even when the code would overlook it", async () => {
    const { record } = await runs(async ({ step }) => {
      await Promise.allSettled([step("one", async () => 1), step("two", async () => 2)]);
    });
    expect(record.failure).toMatchObject({ code: "run.parallel" });
  });

  it("with parameters that no longer fit says which", async () => {
    const strict = defineRunbook({
      ...runbook(async () => {}),
      params: z.strictObject({ pod: z.string() }),
    });
    const { record } = await createTestKit({ runbooks: [strict] }).run({ pod: 3 });
    expect(record.failure).toMatchObject({ code: "runbook.parameters", message: expect.stringContaining("pod") });
  });
});

describe("an approval", () => {
  const plan = { digest: "abc", effects: ["x"] };
  const asking = (after: () => void) =>
    runbook(async ({ approve, step }) => {
      const { outcome } = await approve("plan", plan);
      await step("apply", async () => after());
      return outcome;
    });
  const decide = async (state: "approved" | "rejected" | "expired" | undefined) => {
    let applied = 0;
    const by = ["u1"];
    const kit = createTestKit({
      runbooks: [asking(() => applied++)],
      decide: () => (state === undefined ? undefined : { state, by }),
    });
    return { ...(await kit.run()), applied };
  };

  it("lets the run go on when it is given", async () => {
    expect(await decide("approved")).toMatchObject({ record: { state: "succeeded" }, applied: 1 });
  });

  it.each(["rejected", "expired"] as const)("ends the run when it is %s, and nothing is applied", async (state) => {
    expect(await decide(state)).toMatchObject({ record: { state }, applied: 0 });
  });

  it("that nobody gives expires", async () => {
    expect(await decide(undefined)).toMatchObject({ record: { state: "expired" }, applied: 0 });
  });

  it("is asked for once, with the plan as it was, although the code would make another now", async () => {
    let made = 0;
    const given: unknown[] = [];
    const kit = createTestKit({
      runbooks: [
        runbook(async ({ approve }) => {
          given.push((await approve("plan", { digest: `plan ${++made}` })).plan);
        }),
      ],
    });
    const { record } = await kit.run();
    expect(made).toBeGreaterThan(1);
    expect(given).toEqual([{ digest: "plan 1" }]);
    expect(record.checkpoints).toHaveLength(1);
  });
});

describe("a runbook that changed meanwhile", () => {
  const before = runbook(async ({ step, sleep }) => {
    await step("old", async () => 1);
    await sleep("night", 1);
    await step("end", async () => 2);
  });
  const changed = (more: Partial<ChangeRunbook> = {}) =>
    runbook(async ({ step }) => {
      await step("new", async () => 1);
    }, more);
  const upgrade = async (to: ChangeRunbook) =>
    (await createTestKit({ runbooks: [before], upgradeTo: [to] }).run()).record;

  it("stops a run begun with the old one where the names differ, even if the code catches the error", async () => {
    const record = await upgrade(
      runbook(async ({ step }) => {
        await step("new", async () => 1).catch(() => undefined);
      }),
    );
    expect(record).toMatchObject({ state: "failed", failure: { code: "run.diverged" } });
    expect(record.failure?.message).toContain('was at step "old", but runbook example now comes to step "new"');
  });

  it("stops a run that had done more than the new one does", async () => {
    expect(await upgrade(runbook(async () => {}))).toMatchObject({ failure: { code: "run.diverged" } });
  });

  it("with a new version leaves a begun run to the old one, when that is kept", async () => {
    expect(await upgrade(changed({ version: 2, previous: [before] }))).toMatchObject({
      state: "succeeded",
      version: 1,
    });
  });

  it("with a new version and nothing kept says so and does nothing", async () => {
    const record = await upgrade(changed({ version: 2 }));
    expect(record).toMatchObject({ state: "failed", failure: { code: "run.version" } });
    expect(record.failure?.message).toContain("began with version 1 of example, which is here in version 2");
  });

  it("runs anew what had not begun", async () => {
    const kit = createTestKit({ runbooks: [before], crashAt: [0], upgradeTo: [changed({ version: 2 })] });
    expect((await kit.run()).record).toMatchObject({ state: "succeeded", version: 2 });
  });
});

describe("a run that somebody cancels", () => {
  it("ends before its next step, although the code would catch it", async () => {
    let later = 0;
    const kit = createTestKit({
      runbooks: [
        runbook(async ({ step, sleep }) => {
          await step("first", async () => 1);
          await sleep("wait", 1_000);
          await step("second", async () => later++).catch(() => undefined);
        }),
      ],
      meanwhile: (record) =>
        record.state === "sleeping"
          ? { ...record, cancel: { by: "u2", at: record.requestedAt, reason: "not today" } }
          : record,
    });
    const { record } = await kit.run();
    expect(record).toMatchObject({ state: "cancelled" });
    expect(later).toBe(0);
  });
});

describe("a process that is killed", () => {
  /** Three effects, each found by its name, with a sleep and an approval between; the world counts what happened. */
  const world = (options: Partial<TestKitOptions>) => {
    const counts = new Map<string, number>();
    const kit: TestKit = createTestKit({
      runbooks: [
        runbook(async ({ effect, step, sleep, approve, runId }) => {
          const change = (name: string) =>
            effect(name, {
              find: async () => (counts.has(`${runId}/${name}`) ? "there" : undefined),
              apply: async () => {
                kit.boundary(`before effect ${name}`);
                counts.set(`${runId}/${name}`, (counts.get(`${runId}/${name}`) ?? 0) + 1);
                kit.boundary(`after effect ${name}`);
                return "made";
              },
            });
          await step("read", async () => 1);
          await change("a");
          await sleep("pause", 5_000);
          await approve("plan", { digest: "d" });
          await change("b");
          await change("c");
        }),
      ],
      ...options,
    });
    return { kit, counts };
  };
  const once = { "run-1/a": 1, "run-1/b": 1, "run-1/c": 1 };

  it("at any boundary there is, found by running once, still does every effect exactly once", async () => {
    const { kit } = world({});
    const { boundaries } = await kit.run();
    expect(boundaries.length).toBeGreaterThan(20);
    for (const index of boundaries.keys()) {
      const { kit: again, counts } = world({ crashAt: [index] });
      const { record, processes } = await again.run();
      expect([boundaries[index], record.state, Object.fromEntries(counts)]).toEqual([
        boundaries[index],
        "succeeded",
        once,
      ]);
      expect(processes).toBeGreaterThan(1);
    }
  });

  it("at any number of them, any number of times, too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(120), { maxLength: 40 }), async (crashAt) => {
        const { kit, counts } = world({ crashAt });
        const { record } = await kit.run();
        expect(record.state).toBe("succeeded");
        expect(Object.fromEntries(counts)).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });

  it("tells the effect that it was interrupted", async () => {
    const seen: boolean[] = [];
    const kit: TestKit = createTestKit({
      runbooks: [
        runbook(({ effect }) =>
          effect("act", {
            find: async () => undefined,
            apply: async ({ interrupted }) => {
              seen.push(interrupted);
              kit.boundary("inside");
            },
          }),
        ),
      ],
      crashAt: [2],
    });
    await kit.run();
    expect(seen).toEqual([false, true]);
  });
});
