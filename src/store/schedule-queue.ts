import { z } from "zod";
import { createQueueWorker, type QueueWorker } from "./queue-worker.ts";
import type { Store } from "./store.ts";

/** When a schedule is due. */
export interface WantedSchedule {
  readonly id: string;
  readonly cron: string;
  readonly timeZone: string;
}

export interface ScheduleQueueDeps {
  readonly store: Store;
  readonly url: () => string;
  readonly prefix: string;
  readonly now: () => Date;
  /** A schedule is due. It may be said twice, late, or of one that has ceased to be. */
  onDue(id: string): void;
  onError(error: unknown): void;
}

/**
 * The schedules as BullMQ's job schedulers, in a queue of their own. Like the queue of runs it says when, and never what: a scheduler
 * that is lost with the store is made again, and one that an old snapshot brings back does no harm.
 */
export interface ScheduleQueue extends QueueWorker {
  /** Adds what is wanted and missing or otherwise, takes out what nobody wants any more. Rejects at once while the store is away. */
  reconcile(wanted: readonly WantedSchedule[]): Promise<{ readonly added: number; readonly removed: number }>;
}

const dataSchema = z.object({ schedule: z.string() });
/** A scheduler makes its next job when a worker takes the last one. One that is so far behind has lost it. */
const lateMs = 120_000;
const keepDone = 20;

export function createScheduleQueue(deps: ScheduleQueueDeps): ScheduleQueue {
  const worker = createQueueWorker({
    ...deps,
    queue: "schedules",
    concurrency: 1,
    // Who does what about it is for the record to say, and takes longer than a job should.
    work: async ({ data }) => deps.onDue(dataSchema.parse(data).schedule),
  });
  return {
    ...worker,
    reconcile: async (wanted) => {
      const queue = await deps.store.queue("schedules");
      const there = await queue.getJobSchedulers(0, -1, true);
      const useless = there.filter(({ key }) => wanted.every(({ id }) => id !== key));
      for (const { key } of useless) await queue.removeJobScheduler(key);
      const late = deps.now().getTime() - lateMs;
      const missing = wanted.filter(
        ({ id, cron, timeZone }) =>
          !there.some(
            ({ key, pattern, tz, next }) => key === id && pattern === cron && tz === timeZone && (next ?? 0) > late,
          ),
      );
      // Made anew where one is there: a scheduler that is as it should be must keep the job it has made.
      for (const { id, cron, timeZone } of missing) {
        await queue.upsertJobScheduler(
          id,
          { pattern: cron, tz: timeZone },
          { name: id, data: { schedule: id }, opts: { removeOnComplete: keepDone, removeOnFail: keepDone } },
        );
      }
      return { added: missing.length, removed: useless.length };
    },
  };
}
