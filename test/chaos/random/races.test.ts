import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import type { ChangeRunbook, DurableContext } from "../../../src/runbooks/durable/definition.ts";
import { createRunDriver, type RunDriver } from "../../../src/runbooks/durable/driver.ts";
import type { RunStore } from "../../../src/runbooks/durable/store.ts";
import { groupDecides } from "../../fakes/decisions.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";

/** Races that the random stories found, each as small as it gets. */

const leaseMs = 150;
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function runbook(run: (context: DurableContext<object>) => Promise<unknown>): ChangeRunbook {
  return defineRunbook({
    effect: "change",
    id: "example",
    title: "Example",
    description: "",
    params: z.strictObject({}),
    lock: () => "target",
    run: async (context) => {
      await run(context);
      return { summary: "done", findings: [], tables: [] };
    },
  }) as unknown as ChangeRunbook;
}

function startProcess(store: RunStore, book: ChangeRunbook, name: string, sweeps = true): RunDriver {
  const driver = createRunDriver({
    store,
    runbooks: [book],
    process: name,
    now: () => new Date(),
    leaseMs,
    concurrency: 4,
    pause: async (ms) => void (await sleep(ms)),
    approvalLifeMs: () => 60_000,
    decisionContext: groupDecides("ops", ["U2", "U3"]),
  });
  const timer = setInterval(() => void (sweeps && driver.sweep().catch(() => undefined)), 10);
  const stop = async () => {
    clearInterval(timer);
    await driver.stop();
  };
  running.push({ stop });
  return { ...driver, stop };
}

const submit = (driver: RunDriver, id = "r1") =>
  driver.submit({ id, runbook: "example", params: {}, requester: { surface: "slack", id: "U1" } });
const read = async (store: RunStore, id = "r1") => (await store.get(id))?.record;
const ends = (store: RunStore, state: string, id = "r1") =>
  vi.waitFor(async () => expect((await read(store, id))?.state).toBe(state), { interval: 5 });

describe("a vote that counts while a process is at work on the run", () => {
  it("is not lost to what the process writes next", async () => {
    const store = memoryRunStore();
    const book = runbook(({ approve }) => approve("plan", { digest: "abc" }));
    const people = startProcess(store, book, "people", false);
    let votes = false;
    const slow: RunStore = {
      ...store,
      claim: async (lock, id) => {
        const holder = await store.claim(lock, id);
        if (votes) await people.vote("r1", { person: "U2", choice: "approve", digest: "abc" });
        votes = false;
        return holder;
      },
    };
    await submit(startProcess(slow, book, "worker"));
    await ends(store, "waiting");
    votes = true;
    await people.cancel("r1", "U3", "");
    await ends(store, "cancelled");
    expect((await read(store))?.checkpoints).toMatchObject([
      { votes: [{ person: "U2" }], outcome: { state: "approved", by: ["U2"] } },
    ]);
  });
});

describe("a sign of life that was waiting behind the last write", () => {
  it.each([
    ["waiting", runbook(({ approve }) => approve("plan", { digest: "abc" }))],
    ["succeeded", runbook(({ step }) => step("one", async () => 1))],
  ])("does not make a run that is %s the process's again", async (state, book) => {
    const store = memoryRunStore();
    const slow: RunStore = {
      ...store,
      update: async (kept, record) => {
        if (record.state === state) await sleep(leaseMs / 2);
        return await store.update(kept, record);
      },
    };
    await submit(startProcess(slow, book, "worker"));
    await ends(store, state);
    await sleep(leaseMs / 2);
    expect((await read(store))?.owner).toBeUndefined();
  });
});

describe("a store that does not answer once", () => {
  it.each([
    ["before it kept that a step began", 1, false],
    ["after it kept that a step began", 1, true],
    ["before it kept the step's result", 2, false],
    ["after it kept the step's result", 2, true],
  ])("%s is no failure of the run", async (_, nth, keeps) => {
    const store = memoryRunStore();
    let writes = 0;
    let done = 0;
    const shaky: RunStore = {
      ...store,
      update: async (kept, record) => {
        // The taking of the run is write 0.
        const fails = writes++ === nth;
        if (fails && !keeps) throw new Error("the store is away");
        const written = await store.update(kept, record);
        if (fails) throw new Error("the answer is lost");
        return written;
      },
    };
    const book = runbook(({ effect }) =>
      effect("one", { find: async () => (done > 0 ? "done" : undefined), apply: async () => `did ${++done}` }),
    );
    await submit(startProcess(shaky, book, "worker"));
    await ends(store, "succeeded");
    expect(done).toBe(1);
  });
});

describe("a cancel that was acknowledged", () => {
  it("comes before an effect that nobody had begun by then", async () => {
    const store = memoryRunStore();
    let done = 0;
    const book = runbook(({ effect }) => effect("one", { find: async () => undefined, apply: async () => ++done }));
    const people = startProcess(store, book, "people", false);
    const slow: RunStore = {
      ...store,
      update: async (kept, record) => {
        if (record.checkpoints.length === 1 && kept.record.cancel === undefined && done === 0) {
          await people.cancel("r1", "U2", "stop").catch(() => undefined);
        }
        return await store.update(kept, record);
      },
    };
    await submit(startProcess(slow, book, "worker"));
    await ends(store, "cancelled");
    expect(done).toBe(0);
  });
});

describe("a process that is stopped while a request that changes something is on its way", () => {
  it("does not hand the run over before it is known what became of it", async () => {
    const store = memoryRunStore();
    let done = 0;
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const book = runbook(({ effect }) =>
      effect("one", {
        find: async () => (done > 0 ? "done" : undefined),
        apply: async () => {
          isAsked();
          await sleep(leaseMs / 2);
          return `did ${++done}`;
        },
      }),
    );
    const first = startProcess(store, book, "first");
    await submit(first);
    await asked;
    await first.stop();
    startProcess(store, book, "second");
    await ends(store, "succeeded");
    await sleep(leaseMs);
    expect(done).toBe(1);
  });
});

describe("a run that is refused", () => {
  it("does nothing, even when what it was refused for ends meanwhile", async () => {
    const store = memoryRunStore();
    const done: string[] = [];
    const book = runbook(async ({ runId, approve, step }) => {
      if (runId === "r1") await approve("plan", { digest: "abc" });
      await step("one", async () => done.push(runId));
    });
    const worker = startProcess(store, book, "worker");
    const slow: RunStore = {
      ...store,
      remove: async (id) => {
        await worker.cancel("r1", "U2", "");
        await sleep(leaseMs / 2);
        await store.remove(id);
      },
    };
    await submit(worker);
    await ends(store, "waiting");
    await expect(submit(startProcess(slow, book, "other"), "r2")).rejects.toMatchObject({ code: "run.locked" });
    await sleep(leaseMs / 2);
    expect(done).toEqual([]);
    expect(await read(store, "r2")).toBeUndefined();
  });
});
