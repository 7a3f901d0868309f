import type { Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { QueueName } from "./store.ts";

export interface QueueWorkerDeps {
  readonly queue: QueueName;
  readonly url: () => string;
  readonly prefix: string;
  readonly concurrency: number;
  /** A failure is tried again as often as the job says. */
  work(job: Job): Promise<void>;
  onError(error: unknown): void;
}

/** Works on the jobs of a queue, on a connection of its own that waits for the store for ever. */
export interface QueueWorker {
  start(): void;
  /** Works on a new connection from now on. */
  reconnect(): void;
  stop(): Promise<void>;
}

interface Opened {
  readonly worker: Worker;
  readonly connection: Redis;
}

/** A job whose worker died is given to another one. Not failed for it: what it points to counts. */
const lockMs = 30_000;
const stalledEveryMs = 10_000;

export function createQueueWorker(deps: QueueWorkerDeps): QueueWorker {
  let opened: Promise<Opened> | undefined;

  const open = async (): Promise<Opened> => {
    const [{ Worker }, { connectForWorker }] = await Promise.all([import("bullmq"), import("./connection.ts")]);
    const connection = connectForWorker(deps.url(), deps.onError);
    const worker = new Worker(deps.queue, (job: Job) => deps.work(job), {
      connection,
      prefix: deps.prefix,
      concurrency: deps.concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledEveryMs,
      maxStalledCount: 1_000,
      skipVersionCheck: true,
    });
    worker.on("error", deps.onError);
    return { worker, connection };
  };
  /** By force: what it was at is known elsewhere, and a store that is away cannot be told. */
  const shut = async (old: Promise<Opened> | undefined) => {
    const opened = await old;
    await opened?.worker.close(true);
    opened?.connection.disconnect();
  };

  return {
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
