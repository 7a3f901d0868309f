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
  submit(id: string, options?: Asked): Promise<unknown>;
  /** Asked again, as people do, as long as it is refused for a store that was too slow to answer, and may be. */
  submitUntilAccepted(id: string, options?: Asked): Promise<void>;
  records(): Promise<readonly RunRecord[]>;
  /** One person presses Approve for those of these runs that wait. */
  approve(ids: readonly string[]): Promise<void>;
  /** Two people press Approve at once, on two processes, for whatever waits; goes on until every run has ended. */
  approveUntilEnded(): Promise<void>;
  /** Every one of these runs succeeded, each effect was done once, and the audit chains hold. */
  expectWell(ids: readonly string[]): Promise<void>;
  /** Every process sees the store like this, and says so. */
  seenAs(state: "ok" | "degraded", words?: RegExp): Promise<void>;
  /** The queue works, and holds nothing that nobody wants. */
  expectTidyQueue(): Promise<void>;
  stop(): Promise<void>;
}

interface Asked {
  readonly sleepMs?: number;
  readonly bot?: number;
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
  const seenAs = async (state: "ok" | "degraded", words = /./) => {
    const isIt = { state, detail: expect.stringMatching(words) };
    await vi.waitFor(() => expect(bots.map((bot) => bot.seen())).toMatchObject(bots.map(() => isIt)));
  };
  await seenAs("ok");
  const submit = (id: string, { sleepMs = 200, bot = 0 }: Asked = {}) =>
    botAt(bot).changes.surface.driver.submit({
      id,
      runbook: "two-effects",
      params: { key: id, sleepMs },
      requester: { surface: "slack", id: "U0ADA" },
    });
  return {
    store,
    bots,
    records,
    seenAs,
    submit,
    submitUntilAccepted: async (id, options) =>
      void (await vi.waitUntil(() =>
        submit(id, options).catch((error: { readonly code?: string }) => {
          if (error.code === "store.unavailable") return undefined;
          throw error;
        }),
      )),
    approve: async (ids) => {
      for (const record of await records()) {
        const asked = asks(record);
        if (asked !== undefined && ids.includes(record.id)) await vote(botAt(0), "U0OPS", record, asked);
      }
    },
    approveUntilEnded: async () => {
      const deadline = Date.now() + 60_000;
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
