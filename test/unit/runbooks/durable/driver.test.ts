import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { defineRunbook } from "../../../../src/runbooks/define.ts";
import type { ChangeRunbook, DurableContext } from "../../../../src/runbooks/durable/definition.ts";
import { createRunDriver, type RunDriver } from "../../../../src/runbooks/durable/driver.ts";
import type { RunStore } from "../../../../src/runbooks/durable/store.ts";
import { groupDecides } from "../../../fakes/decisions.ts";
import { memoryRunStore } from "../../../fakes/run-store.ts";

const requester = { surface: "slack" as const, id: "U1" };
const leaseMs = 150;
let lifeMs = 60_000;
let quorum = 1;
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  lifeMs = 60_000;
  quorum = 1;
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

type Params = { readonly target: string };
function runbook(run: (context: DurableContext<Params>) => Promise<unknown>): ChangeRunbook {
  return defineRunbook({
    effect: "change",
    id: "example",
    title: "Example",
    description: "",
    params: z.strictObject({ target: z.string().default("one") }),
    lock: ({ target }) => target,
    run: async (context) => {
      await run(context);
      return { summary: "done", findings: [], tables: [] };
    },
  }) as unknown as ChangeRunbook;
}

/** A process of the bot that sweeps by itself until it is stopped, or dies. */
function startProcess(store: RunStore, runbooks: readonly ChangeRunbook[], name = `p${running.length}`) {
  const troubles: unknown[] = [];
  let dead = false;
  const mortal =
    <Args extends unknown[], Out>(call: (...args: Args) => Promise<Out>) =>
    async (...args: Args): Promise<Out> => {
      if (dead) return await new Promise<Out>(() => {});
      return await call(...args);
    };
  const driver = createRunDriver({
    store: {
      create: mortal(store.create),
      get: mortal(store.get),
      update: mortal(store.update),
      list: mortal(store.list),
      remove: mortal(store.remove),
      claim: mortal(store.claim),
      release: mortal(store.release),
    },
    runbooks,
    process: name,
    now: () => new Date(),
    leaseMs,
    concurrency: 4,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    approvalLifeMs: () => lifeMs,
    decisionContext: groupDecides("ops", ["U1", "U2", "U3"], { quorum }),
    onTrouble: (_, error) => troubles.push(error),
  });
  const timer = setInterval(() => void driver.sweep().catch((error: unknown) => troubles.push(error)), 10);
  const stop = async () => {
    clearInterval(timer);
    if (!dead) await driver.stop();
  };
  running.push({ stop });
  return {
    driver,
    troubles,
    stop,
    /** As kill -9: nothing it does from now on reaches the store. */
    kill: () => {
      dead = true;
      clearInterval(timer);
    },
  };
}

const submit = (driver: RunDriver, id = "r1", params = {}) =>
  driver.submit({ id, runbook: "example", params, requester });
const stateOf = async (store: RunStore, id = "r1") => (await store.get(id))?.record.state;
const ends = (store: RunStore, state: string, id = "r1") =>
  vi.waitFor(async () => expect(await stateOf(store, id)).toBe(state), { interval: 10 });

describe("a run that was submitted", () => {
  it("is kept before it is acknowledged, and carried to its end", async () => {
    const store = memoryRunStore();
    const { driver } = startProcess(store, [runbook(({ step }) => step("one", async () => 1))]);
    await submit(driver);
    expect(await stateOf(store)).toBe("queued");
    await ends(store, "succeeded");
    expect((await store.get("r1"))?.record.owner).toBeUndefined();
  });

  it.each([
    ["an unknown runbook", { runbook: "nothing" }, "runbook.unknown"],
    ["wrong parameters", { params: { target: 3 } }, "runbook.parameters"],
  ])("is refused for %s, and nothing is kept", async (_, wrong, code) => {
    const store = memoryRunStore();
    const { driver } = startProcess(store, [runbook(async () => {})]);
    const asked = driver.submit({ id: "r1", runbook: "example", params: {}, requester, ...wrong });
    await expect(asked).rejects.toMatchObject({ code });
    expect(await store.list()).toEqual([]);
  });

  it("is refused with the name of the run that has its target, and not for another target", async () => {
    const store = memoryRunStore();
    const { driver } = startProcess(store, [runbook(({ approve }) => approve("plan", { digest: "d" }))]);
    await submit(driver, "r1");
    await expect(submit(driver, "r2")).rejects.toMatchObject({
      code: "run.locked",
      message: "Run r1 (example, asked for by U1) is already changing one",
    });
    await submit(driver, "r3", { target: "two" });
    expect((await store.list()).map(({ record }) => record.id)).toEqual(["r1", "r3"]);
    await driver.cancel("r1", "U2", "");
    await ends(store, "cancelled");
    await submit(driver, "r4");
  });

  it("of many at once for one target, exactly one is accepted", async () => {
    const store = memoryRunStore();
    const book = runbook(({ approve }) => approve("plan", { digest: "d" }));
    const { driver: a } = startProcess(store, [book]);
    const { driver: b } = startProcess(store, [book]);
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => submit(n % 2 === 0 ? a : b, `r${n}`)));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await store.list()).toHaveLength(1);
  });
});

describe("several processes", () => {
  it("carry on each run once", async () => {
    const store = memoryRunStore();
    const done: string[] = [];
    const book = runbook(({ step, runId }) => step("one", async () => done.push(runId)));
    const processes = [1, 2, 3].map(() => startProcess(store, [book]));
    for (let n = 0; n < 30; n++) await submit(processes[n % 3]?.driver as RunDriver, `r${n}`, { target: `t${n}` });
    await Promise.all(Array.from({ length: 30 }, (_, n) => ends(store, "succeeded", `r${n}`)));
    expect(done.toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => `r${n}`).toSorted());
    expect(processes.flatMap(({ troubles }) => troubles)).toEqual([]);
  });

  it("take up the run of one that was killed, within seconds, and do not repeat its steps", async () => {
    const store = memoryRunStore();
    const done: string[] = [];
    const hangs = { for: "first" };
    const book = (name: string) =>
      runbook(async ({ step }) => {
        await step("one", async () => done.push(`${name} one`));
        await step("two", async () => {
          if (hangs.for === name) await new Promise(() => {});
          done.push(`${name} two`);
        });
      });
    const first = startProcess(store, [book("first")]);
    await submit(first.driver);
    await vi.waitFor(async () => expect((await store.get("r1"))?.record.checkpoints).toHaveLength(1));
    const second = startProcess(store, [book("second")]);
    // As long as the first shows life, its run stays with it.
    await new Promise((resolve) => setTimeout(resolve, 3 * leaseMs));
    expect(done).toEqual(["first one"]);
    first.kill();
    await ends(store, "succeeded");
    expect(done).toEqual(["first one", "second two"]);
    expect(second.troubles).toEqual([]);
  });

  it("leave a run to the one that took it up, when the first wakes again", async () => {
    const store = memoryRunStore();
    let release = () => {};
    const effects: string[] = [];
    const book = (name: string) =>
      runbook(async ({ step }) => {
        await step("one", async () => {
          if (name === "first") await new Promise<void>((resolve) => (release = resolve));
        });
        await step("two", async () => effects.push(name));
      });
    let asleep = false;
    const sleepy: RunStore = {
      ...store,
      update: async (kept, record) => {
        while (asleep) await new Promise((resolve) => setTimeout(resolve, 5));
        return await store.update(kept, record);
      },
    };
    const first = startProcess(sleepy, [book("first")], "first");
    await submit(first.driver);
    await vi.waitFor(async () => expect((await store.get("r1"))?.record.owner).toBeDefined());
    asleep = true;
    startProcess(store, [book("second")], "second");
    await ends(store, "succeeded");
    asleep = false;
    release();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(effects).toEqual(["second"]);
  });

  it("hand over when they are stopped: the step in hand is not lost, the rest goes on elsewhere", async () => {
    const store = memoryRunStore();
    const done: string[] = [];
    const book = (name: string) =>
      runbook(async ({ step }) => {
        await step("one", async () => done.push(`${name} one`));
        await step("two", ({ signal }) =>
          name === "first"
            ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
            : Promise.resolve(done.push(`${name} two`)),
        );
      });
    const first = startProcess(store, [book("first")]);
    await submit(first.driver);
    await vi.waitFor(async () => expect((await store.get("r1"))?.record.checkpoints).toHaveLength(1));
    await first.stop();
    expect((await store.get("r1"))?.record.owner).toBeUndefined();
    startProcess(store, [book("second")]);
    await ends(store, "succeeded");
    expect(done).toEqual(["first one", "second two"]);
  });
});

describe("a run that waits for people", () => {
  const waiting = async () => {
    const store = memoryRunStore();
    const applied: string[] = [];
    const book = runbook(async ({ approve, step }) => {
      await approve("plan", { digest: "abc" });
      await step("apply", async () => applied.push("applied"));
    });
    const { driver } = startProcess(store, [book]);
    await submit(driver);
    await ends(store, "waiting");
    return { store, driver, applied };
  };
  const ballot = (person: string, choice: "approve" | "reject" = "approve", digest = "abc") => ({
    person,
    choice,
    digest,
    reason: "because",
  });

  it("is held by no process", async () => {
    const { store } = await waiting();
    expect((await store.get("r1"))?.record.owner).toBeUndefined();
  });

  it("goes on with the first decision, and refuses every other: late, doubled, or about another plan", async () => {
    const { store, driver, applied } = await waiting();
    await expect(driver.vote("r1", ballot("U2", "approve", "other"))).rejects.toMatchObject({
      code: "approval.other-plan",
    });
    const all = await Promise.allSettled([
      driver.vote("r1", ballot("U2")),
      driver.vote("r1", ballot("U3", "reject")),
      driver.vote("r1", ballot("U2")),
    ]);
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const rejected = all[1]?.status === "fulfilled";
    await ends(store, rejected ? "rejected" : "succeeded");
    expect(applied).toHaveLength(rejected ? 0 : 1);
    await expect(driver.vote("r1", ballot("U3"))).rejects.toMatchObject({ code: "approval.closed" });
  });

  it("does not go on for the one who asked, nor for a stranger, and tells them why", async () => {
    const { store, driver, applied } = await waiting();
    await expect(driver.vote("r1", ballot("U1"))).rejects.toMatchObject({ code: "approval.own-request" });
    await expect(driver.vote("r1", ballot("U9"))).rejects.toMatchObject({ code: "approval.not-entitled" });
    expect(await stateOf(store)).toBe("waiting");
    expect(applied).toEqual([]);
  });

  it("waits for all that the policy demands, and keeps what each said", async () => {
    quorum = 2;
    const { store, driver } = await waiting();
    await driver.vote("r1", ballot("U2"));
    await driver.vote("r1", ballot("U2"));
    expect(await stateOf(store)).toBe("waiting");
    await driver.vote("r1", ballot("U3"));
    await ends(store, "succeeded");
    const asked = (await store.get("r1"))?.record.checkpoints[0];
    expect(asked).toMatchObject({ votes: [{ person: "U2" }, { person: "U3" }], outcome: { by: ["U2", "U3"] } });
  });

  it("expires by itself, and a click that comes later changes nothing", async () => {
    lifeMs = 100;
    const { store, driver, applied } = await waiting();
    await ends(store, "expired");
    await expect(driver.vote("r1", ballot("U2"))).rejects.toMatchObject({ code: "approval.closed" });
    expect(applied).toEqual([]);
  });

  it("can be cancelled, once", async () => {
    const { store, driver, applied } = await waiting();
    await driver.cancel("r1", "U3", "wrong instance");
    await ends(store, "cancelled");
    expect(applied).toEqual([]);
    await expect(driver.cancel("r1", "U3", "")).rejects.toMatchObject({ code: "run.ended" });
  });
});
