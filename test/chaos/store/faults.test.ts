import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hasEnded, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import type { RunStore } from "../../../src/runbooks/durable/store.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";
import { type Bot, type Deeds, startBot } from "./bots.ts";
import { type FaultyStore, startFaultyStore } from "./redis.ts";

/**
 * Two processes of the bot carry on runs, while the store that their queue is on dies in every way we know of: no run is lost, no
 * effect comes twice, the audit chains hold, the fault is noticed and named, and nobody has to restart a bot.
 */

interface Fault {
  readonly name: string;
  /** What the bot says of it. */
  readonly words: RegExp;
  break(store: FaultyStore): Promise<void>;
  heal(store: FaultyStore): Promise<void>;
}

const faults: readonly Fault[] = [
  {
    name: "killed, and back empty",
    words: /does not answer/,
    break: async (store) => store.kill(),
    heal: (store) => store.start("empty"),
  },
  {
    name: "killed, and back with an older snapshot",
    words: /does not answer/,
    break: async (store) => store.kill(),
    heal: (store) => store.start("kept"),
  },
  {
    name: "stopped in its tracks",
    words: /takes connections and does not answer/,
    break: async (store) => store.signal("SIGSTOP"),
    heal: async (store) => store.signal("SIGCONT"),
  },
  {
    name: "behind a way that swallows everything, and then opens for new connections only",
    words: /takes connections and does not answer/,
    break: async (store) => {
      store.way.mode = "blackhole";
    },
    heal: async (store) => {
      store.way.mode = "open";
    },
  },
  {
    name: "behind a way that refuses",
    words: /does not answer/,
    break: async (store) => {
      store.way.mode = "refused";
      store.cut();
    },
    heal: async (store) => {
      store.way.mode = "open";
    },
  },
  {
    name: "demoted to a replica under live connections",
    words: /leads to a replica/,
    break: async (store) => void (await store.command("REPLICAOF", "127.0.0.1", "1")),
    heal: async (store) => void (await store.command("REPLICAOF", "NO", "ONE")),
  },
  {
    name: "out of memory",
    words: /out of memory/,
    break: async (store) => void (await store.command("CONFIG", "SET", "maxmemory", "1")),
    heal: async (store) => void (await store.command("CONFIG", "SET", "maxmemory", "0")),
  },
  {
    name: "with another password, which the bot is told of later",
    words: /refuses the bot's password/,
    break: async (store) => {
      await store.setPassword("fake-password", false);
      store.cut();
    },
    heal: (store) => store.setPassword("fake-password", true),
  },
];

let store: FaultyStore;
let bots: Bot[] = [];
let runs: RunStore;
let deeds: Deeds;
afterEach(async () => {
  await Promise.all(bots.splice(0).map((bot) => bot.stop().catch(() => undefined)));
  await store?.stop();
});

async function begin(count = 2): Promise<Bot> {
  store = await startFaultyStore();
  runs = memoryRunStore();
  deeds = new Map();
  bots = Array.from({ length: count }, () => startBot({ runs, deeds, url: () => store.url() }));
  const [first] = bots;
  if (first === undefined) throw new Error("there is a bot");
  await vi.waitUntil(() => bots.every(({ states }) => states.at(-1)?.state === "ok"), { timeout: 10_000 });
  return first;
}

const records = async () => (await runs.list()).map(({ record }) => record);
const submit = (bot: Bot, id: string, sleepMs = 200) =>
  bot.changes.surface.driver.submit({
    id,
    runbook: "two-effects",
    params: { key: id, sleepMs },
    requester: { surface: "slack", id: "U0ADA" },
  });
const waitsOf = (record: RunRecord | undefined) => {
  const asked = record?.checkpoints.at(-1);
  return record?.state === "waiting" && asked?.kind === "approval" && asked.outcome === undefined ? asked : undefined;
};

/** Two people press Approve at once, on two processes, for whatever waits; goes on until every run has ended. */
async function approveUntilEnded(timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const all = await records();
    if (all.every(({ state }) => hasEnded(state))) return;
    if (Date.now() > deadline) {
      throw new Error(
        `still not ended: ${all.flatMap(({ id, state }) => (hasEnded(state) ? [] : [`${id} ${state}`])).join(", ")}`,
      );
    }
    await Promise.all(
      all.flatMap((record) => {
        const asked = waitsOf(record);
        if (asked === undefined) return [];
        return bots.map((bot, n) =>
          bot.changes.surface.driver
            .vote(record.id, { person: n === 0 ? "U0OPS" : "U0TWO", choice: "approve", digest: asked.digest })
            .catch(() => undefined),
        );
      }),
    );
    await sleep(50);
  }
}

function expectWell(ids: readonly string[], all: readonly RunRecord[]): void {
  expect(all.map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual(
    ids.map((id) => `${id} succeeded`).toSorted(),
  );
  expect([...deeds].toSorted()).toEqual(
    ids
      .flatMap((id): [string, number][] => [
        [`${id}/1`, 1],
        [`${id}/2`, 1],
      ])
      .toSorted(),
  );
  for (const bot of bots) expect(bot.auditProblems()).toEqual([]);
}

describe.each(faults)("a store that is $name", (fault) => {
  it("costs no run, doubles no effect, is named, and is used again without a restart", {
    timeout: 90_000,
  }, async () => {
    const bot = await begin();
    if (fault.name.includes("older snapshot")) {
      // What ends after this comes back as if it had not, with its old numbers.
      await Promise.all(["old-1", "old-2"].map((id) => submit(bot, id)));
      await store.command("SAVE");
      await approveUntilEnded(20_000);
    }
    const before = (await records()).map(({ id }) => id);
    const asked = ["r-1", "r-2", "r-3", "r-4"];
    await Promise.all(asked.map((id, n) => submit(bot, id, n * 700)));
    await vi.waitUntil(async () => (await records()).every((record) => hasEnded(record.state) || waitsOf(record)), {
      timeout: 15_000,
    });
    const voteSome = approveSome(asked.slice(0, 2));
    await fault.break(store);
    await voteSome;
    await vi.waitUntil(() => bots.every(({ states }) => states.at(-1)?.state === "degraded"), { timeout: 10_000 });
    expect(bot.states.at(-1)?.detail).toMatch(fault.words);

    // No new change is taken on; what was decided about goes on without the queue.
    await expect(submit(bot, "refused")).rejects.toMatchObject({ code: "store.unavailable" });
    await approveSome(asked.slice(2));
    await vi.waitUntil(
      async () => (await records()).filter(({ state }) => state === "succeeded").length > before.length,
      {
        timeout: 20_000,
      },
    );

    await fault.heal(store);
    await vi.waitUntil(() => bots.every(({ states }) => states.at(-1)?.state === "ok"), { timeout: 15_000 });
    await submit(bot, "after", 100);
    await approveUntilEnded(30_000);
    expectWell([...before, ...asked, "after"], await records());
    // The queue is what it was made for again, and holds nothing that nobody wants.
    await vi.waitFor(async () => expect(await bot.queueCounts()).toMatch(/waiting 0, active 0, delayed 0/), {
      // What was being worked on when an old snapshot was made is first found to be stalled.
      timeout: 40_000,
      interval: 200,
    });
  });
});

async function approveSome(ids: readonly string[]): Promise<void> {
  const [bot] = bots;
  for (const record of await records()) {
    const asked = waitsOf(record);
    if (asked === undefined || !ids.includes(record.id)) continue;
    await bot?.changes.surface.driver.vote(record.id, { person: "U0OPS", choice: "approve", digest: asked.digest });
  }
}
