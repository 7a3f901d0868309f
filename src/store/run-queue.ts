import type { Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { WakeUp } from "../runbooks/durable/wake-ups.ts";
import { runsQueue, type Store } from "./store.ts";

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
export interface RunQueue {
  /** Rejects with BotError `store.*` when the store does not take them. */
  ask(wakeUps: readonly WakeUp[]): Promise<void>;
  /** Takes out what has ceased to matter; what is not there, or is being worked on, does not count. */
  drop(ids: readonly string[]): Promise<void>;
  /** Adds what is wanted and missing, takes out what nobody wants any more. */
  reconcile(wanted: readonly WakeUp[]): Promise<{ readonly added: number; readonly removed: number }>;
  start(): void;
  /** Works on new connections from now on. */
  reconnect(): void;
  stop(): Promise<void>;
}

interface Opened {
  readonly worker: Worker;
  readonly connection: Redis;
}

const dataSchema = z.object({ id: z.string(), run: z.string(), why: z.enum(["carry-on", "wake", "remind", "expire"]) });
/** A job whose worker died is given to another one. Not failed for it: what it points to counts. */
const lockMs = 30_000;
const stalledEveryMs = 10_000;
const keepDone = 200;

export function createRunQueue(deps: RunQueueDeps): RunQueue {
  const { store, now } = deps;
  let opened: Promise<Opened> | undefined;

  const ask = async (wakeUps: readonly WakeUp[]) => {
    if (wakeUps.length === 0) return;
    const queue = await store.queue();
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

  const open = async (): Promise<Opened> => {
    const [{ Worker }, { connectForWorker }] = await Promise.all([import("bullmq"), import("./connection.ts")]);
    const connection = connectForWorker(deps.url(), deps.onError);
    const worker = new Worker(
      runsQueue,
      async (job: Job) => {
        const { id, run, why } = dataSchema.parse(job.data);
        await deps.onWakeUp({ id, run, why, at: new Date(job.timestamp + job.delay) });
      },
      {
        connection,
        prefix: deps.prefix,
        concurrency: deps.concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledEveryMs,
        maxStalledCount: 1_000,
        skipVersionCheck: true,
      },
    );
    worker.on("error", deps.onError);
    return { worker, connection };
  };
  /** By force: what it was at goes on in its run, and a store that is away cannot be told. */
  const shut = async (old: Promise<Opened> | undefined) => {
    const opened = await old;
    await opened?.worker.close(true);
    opened?.connection.disconnect();
  };

  return {
    ask,
    drop: async (ids) => {
      if (ids.length === 0) return;
      const queue = await store.queue();
      await Promise.all(ids.map((id) => queue.remove(id)));
    },
    reconcile: async (wanted) => {
      const queue = await store.queue();
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
    start: () => {
      opened ??= open();
    },
    reconnect: () => {
      if (opened === undefined) return;
      shut(opened).catch(deps.onError);
      opened = open();
    },
    stop: async () => {
      const old = opened;
      opened = undefined;
      await shut(old).catch(deps.onError);
    },
  };
}
