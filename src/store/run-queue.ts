import type { Job } from "bullmq";
import { z } from "zod";
import type { WakeUp } from "../runbooks/durable/wake-ups.ts";
import { createQueueWorker, type QueueWorker } from "./queue-worker.ts";
import type { Store } from "./store.ts";

export interface RunQueueDeps {
  readonly store: Store;
  readonly url: () => string;
  readonly prefix: string;
  readonly concurrency: number;
  readonly now: () => Date;
  /** A moment has come. A failure is tried again; a moment may come twice, or after it has ceased to matter. */
  onWakeUp(wakeUp: WakeUp): Promise<void>;
  onError(error: unknown): void;
}

/**
 * Wake-ups of runs as BullMQ jobs. They say when to look at a run, never what to do with it: that is in the run's record. So a
 * job that is lost, doubled, late, or brought back by an old snapshot does no harm.
 */
export interface RunQueue extends QueueWorker {
  /** Rejects with BotError `store.*` when the store does not take them. */
  ask(wakeUps: readonly WakeUp[]): Promise<void>;
  /** Takes out what has ceased to matter; what is not there, or is being worked on, does not count. */
  drop(ids: readonly string[]): Promise<void>;
  /** Adds what is wanted and missing, takes out what nobody wants any more. */
  reconcile(wanted: readonly WakeUp[]): Promise<{ readonly added: number; readonly removed: number }>;
}

const dataSchema = z.object({ id: z.string(), run: z.string(), why: z.enum(["carry-on", "wake", "remind", "expire"]) });
const keepDone = 200;

export function createRunQueue(deps: RunQueueDeps): RunQueue {
  const { store, now } = deps;
  const worker = createQueueWorker({
    ...deps,
    queue: "runs",
    work: async (job) => {
      const { id, run, why } = dataSchema.parse(job.data);
      await deps.onWakeUp({ id, run, why, at: new Date(job.timestamp + job.delay) });
    },
  });

  const ask = async (wakeUps: readonly WakeUp[]) => {
    if (wakeUps.length === 0) return;
    const queue = await store.queue("runs");
    await queue.addBulk(
      wakeUps.map(({ id, run, why, at }) => ({
        name: why,
        data: { id, run, why },
        opts: {
          jobId: id,
          delay: Math.max(0, at.getTime() - now().getTime()),
          attempts: 3,
          backoff: { type: "exponential", delay: 1_000 },
          removeOnComplete: { count: keepDone },
          removeOnFail: { count: keepDone },
        },
      })),
    );
  };

  return {
    ...worker,
    ask,
    drop: async (ids) => {
      if (ids.length === 0) return;
      const queue = await store.queue("runs");
      await Promise.all(ids.map((id) => queue.remove(id)));
    },
    reconcile: async (wanted) => {
      const queue = await store.queue("runs");
      const ids = new Set(wanted.map(({ id }) => id));
      const jobs = await queue.getJobs(["delayed", "waiting", "prioritized", "failed"]);
      // A script that was cut off leaves ids without a job behind them.
      const there = jobs.filter((job): job is Job => job !== undefined && job !== null && job.id !== undefined);
      const useless = there.filter(({ id }) => !ids.has(id ?? ""));
      await Promise.all(useless.map((job) => job.remove().catch(deps.onError)));
      const present = new Set(there.map(({ id }) => id));
      const missing = wanted.filter(({ id }) => !present.has(id));
      await ask(missing);
      return { added: missing.length, removed: useless.length };
    },
  };
}
