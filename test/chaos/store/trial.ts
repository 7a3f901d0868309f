import { setTimeout as sleep } from "node:timers/promises";
import { expect, vi } from "vitest";
import { type ApprovalCheckpoint, hasEnded, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";
import { type Bot, type Deeds, startBot } from "./bots.ts";
import { type FaultyStore, startFaultyStore } from "./redis.ts";

/** Two processes of the bot on one store, and the people who ask and approve. */
export interface Trial {
  readonly store: FaultyStore;
  readonly bots: readonly Bot[];
  /** Asked of the first process, or of another one. */
  submit(id: string, options?: { readonly sleepMs?: number; readonly bot?: number }): Promise<unknown>;
  records(): Promise<readonly RunRecord[]>;
  /** One person presses Approve for those of these runs that wait. */
  approve(ids: readonly string[]): Promise<void>;
  /** Two people press Approve at once, on two processes, for whatever waits; goes on until every run has ended. */
  approveUntilEnded(timeoutMs: number): Promise<void>;
  /** Every one of these runs succeeded, each effect was done once, and the audit chains hold. */
  expectWell(ids: readonly string[]): Promise<void>;
  seenAs(state: "ok" | "degraded", timeoutMs: number): Promise<void>;
  /** The queue works, and holds nothing that nobody wants. */
  expectTidyQueue(): Promise<void>;
  stop(): Promise<void>;
}

/** The question that a run waits with. */
export function asks(record: RunRecord): ApprovalCheckpoint | undefined {
  const last = record.checkpoints.at(-1);
  return record.state === "waiting" && last?.kind === "approval" && last.outcome === undefined ? last : undefined;
}

export async function startTrial(): Promise<Trial> {
  const store = await startFaultyStore();
  const runs = memoryRunStore();
  const deeds: Deeds = new Map();
  const bots = [0, 1].map(() => startBot({ runs, deeds, url: () => store.url() }));
  const records = async () => (await runs.list()).map(({ record }) => record);
  const vote = (bot: Bot, person: string, { id }: RunRecord, { digest }: ApprovalCheckpoint) =>
    bot.changes.surface.driver.vote(id, { person, choice: "approve", digest });
  const botAt = (index: number) => {
    const bot = bots[index];
    if (bot === undefined) throw new Error(`there is no bot ${index}`);
    return bot;
  };
  const seenAs = async (state: "ok" | "degraded", timeoutMs: number) => {
    await vi.waitUntil(() => bots.every(({ states }) => states.at(-1)?.state === state), { timeout: timeoutMs });
  };
  await seenAs("ok", 10_000);
  return {
    store,
    bots,
    records,
    seenAs,
    submit: (id, { sleepMs = 200, bot = 0 } = {}) =>
      botAt(bot).changes.surface.driver.submit({
        id,
        runbook: "two-effects",
        params: { key: id, sleepMs },
        requester: { surface: "slack", id: "U0ADA" },
      }),
    approve: async (ids) => {
      for (const record of await records()) {
        const asked = asks(record);
        if (asked !== undefined && ids.includes(record.id)) await vote(botAt(0), "U0OPS", record, asked);
      }
    },
    approveUntilEnded: async (timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const open = (await records()).filter(({ state }) => !hasEnded(state));
        if (open.length === 0) return;
        if (Date.now() > deadline) {
          throw new Error(`still not ended: ${open.map(({ id, state }) => `${id} ${state}`).join(", ")}`);
        }
        const votes = open.flatMap((record) => {
          const asked = asks(record);
          if (asked === undefined) return [];
          return bots.map((bot, n) => vote(bot, n === 0 ? "U0OPS" : "U0TWO", record, asked).catch(() => undefined));
        });
        await Promise.all(votes);
        await sleep(50);
      }
    },
    expectWell: async (ids) => {
      const all = await records();
      expect(all.map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual(
        ids.map((id) => `${id} succeeded`).toSorted(),
      );
      const wanted = ids.flatMap((id): [string, number][] => [
        [`${id}/1`, 1],
        [`${id}/2`, 1],
      ]);
      expect([...deeds].toSorted()).toEqual(wanted.toSorted());
      for (const bot of bots) expect(bot.auditProblems()).toEqual([]);
    },
    expectTidyQueue: async () => {
      await vi.waitFor(
        async () => expect(await botAt(0).queueCounts()).toMatch(/waiting 0, active 0, delayed 0/),
        // What was being worked on when an old snapshot was made is first found to be stalled: a lock of 30 s and two looks.
        { timeout: 90_000, interval: 200 },
      );
    },
    stop: async () => {
      await Promise.all(bots.map((bot) => bot.stop().catch(() => undefined)));
      await store.stop();
    },
  };
}
