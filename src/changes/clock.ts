import type { Logger } from "../logging.ts";
import type { WakeUp } from "../runbooks/durable/wake-ups.ts";
import type { RunQueue } from "../store/run-queue.ts";

export interface ClockDeps {
  readonly queue: RunQueue;
  readonly logger: Logger;
  /** Carries on whatever is due, without the queue. */
  sweep(): Promise<void>;
  /** Makes the queue hold what the runs need. */
  reconcile(): Promise<{ readonly added: number; readonly removed: number }>;
  /** Forgets old runs; returns how many. */
  prune(): Promise<number>;
}

export interface Clock {
  /** Asks the queue for wake-ups; when it does not take them, the runs are looked at without it. */
  ask(wakeUps: readonly WakeUp[]): void;
  /** Takes out what has ceased to matter, as far as the queue can be reached; the rest goes when it is reconciled. */
  drop(ids: readonly string[]): void;
  start(): void;
  /** The queue can be used, for the first time or again: works on it from now on, and makes it hold what the runs need. */
  queueIsBack(): void;
  stop(): Promise<void>;
}

const tickMs = 1_000;
/** With the queue at work it is only for what the queue cannot know: a process that died, a job that was lost. */
const sweepEveryTicks = 4;
const reconcileEveryTicks = 60;
/** Once more soon after the start: what a process that died had not written down is told apart from what is on its way by a second look. */
const reconcileAgainTick = 10;
const pruneEveryTicks = 3_600;

/** What makes runs go on: the queue, and beside it a look at the runs themselves, more often while the queue is away. */
export function createClock({ queue, logger, sweep, reconcile, prune }: ClockDeps): Clock {
  let queueAway = false;
  let runsAway = false;
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const looking = once(() =>
    sweep().then(
      () => {
        if (runsAway) logger.info("the runs can be looked at again");
        runsAway = false;
      },
      (err: unknown) => {
        // An outage is told of once, and its end.
        if (!runsAway) logger.warn({ err }, "the runs cannot be looked at; trying again");
        runsAway = true;
      },
    ),
  );
  const reconciling = once(() =>
    reconcile().then(
      ({ added, removed }) => {
        if (added > 0 || removed > 0) logger.info({ added, removed }, "the queue was brought up to the runs");
        queueAway = false;
      },
      (err: unknown) => logger.debug({ err }, "the queue could not be brought up to the runs"),
    ),
  );
  const pruning = once(() =>
    prune().then(
      (count) => {
        if (count > 0) logger.info({ count }, "old runs were forgotten");
      },
      (err: unknown) => logger.debug({ err }, "old runs could not be forgotten"),
    ),
  );

  return {
    ask: (wakeUps) => {
      if (wakeUps.length === 0) return;
      queue.ask(wakeUps).then(
        () => {
          queueAway = false;
        },
        () => {
          queueAway = true;
          if (!stopped) looking();
        },
      );
    },
    drop: (ids) => {
      queue.drop(ids).catch((err: unknown) => logger.debug({ err }, "jobs could not be taken out of the queue"));
    },
    start: () => {
      timer = setInterval(() => {
        tick += 1;
        if (queueAway || tick % sweepEveryTicks === 0) looking();
        if (tick === reconcileAgainTick || tick % reconcileEveryTicks === 0) reconciling();
        if (tick % pruneEveryTicks === 0) pruning();
      }, tickMs);
    },
    queueIsBack: () => {
      queue.start();
      reconciling();
      looking();
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** At most one at a time; asking meanwhile changes nothing. */
function once(work: () => Promise<void>): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    void work().finally(() => {
      running = false;
    });
  };
}
