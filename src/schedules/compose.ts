import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Sender } from "../commands/delivery/sender.ts";
import type { ReportKeeper } from "../commands/report-keeper.ts";
import { tellNews } from "../commands/schedules/tell-news.ts";
import type { Config } from "../config/file.ts";
import { BotError, explain } from "../errors.ts";
import type { Logger } from "../logging.ts";
import type { LastResult } from "../platform/ports.ts";
import type { ScheduleRecord, ScheduleStore } from "../records/schedule.ts";
import type { Runner } from "../runbooks/runner.ts";
import { createScheduleQueue } from "../store/schedule-queue.ts";
import type { Store } from "../store/store.ts";
import { createScheduleClock } from "./clock.ts";
import { createScheduleKeeper } from "./keeper.ts";
import type { Ending } from "./news.ts";
import { type Schedule, type ScheduleState, schedulesOf } from "./schedule.ts";

export interface SchedulesOptions {
  readonly config: Config;
  readonly schedules: ScheduleStore;
  readonly store: Store;
  readonly storeUrl: () => string;
  readonly storePrefix: string;
  readonly logger: Logger;
  /** The runner of everything else, but that what it compares with is this. */
  readonly comparedWith: (last: LastResult | undefined) => Runner;
  readonly sender: Sender;
  readonly reports: ReportKeeper;
  /** Told when the last run of a schedule was made; before the first one, since when it is waited for. */
  readonly onRan: (schedule: string, at: Date) => void;
}

export interface Schedules {
  current(): readonly ScheduleState[];
  start(): void;
  /** The store's connections were made anew. */
  reconnect(): void;
  /** The queue can be used, for the first time or again, and may have lost anything; or it cannot. */
  storeIs(usable: boolean): void;
  stop(): Promise<void>;
}

const reconcileEveryMs = 60_000;

/** The runs that the service makes by itself: their queue, their clock, and what is told of them. */
export function composeSchedules(options: SchedulesOptions): Schedules {
  const { config, logger, sender } = options;
  const now = () => new Date();
  const schedules = schedulesOf(config);
  const channel = config.schedules.channel ?? config.slack.channels.operations;
  const seen = new Map<string, ScheduleRecord>();

  const run = async ({ id, params }: Schedule, known: LastResult | undefined, signal: AbortSignal): Promise<Ending> => {
    const request = { runbook: id, params, requester: { surface: "schedule", id } } as const;
    try {
      const report = await options.comparedWith(known).run(request, signal);
      void options.reports.put(report);
      return { report };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BotError) return { failure: { code: error.code, text: explain(error) }, at: now() };
      logger.error({ err: error, schedule: id }, "a scheduled run failed");
      const text = "Something went wrong in the bot itself; its log has the details.";
      return { failure: { code: "error", text }, at: now() };
    }
  };
  const keeper = createScheduleKeeper({
    store: options.schedules,
    process: `${hostname()}-${randomBytes(4).toString("hex")}`,
    leaseMs: config.runs.leaseSeconds * 1_000,
    now,
    logger,
    run,
    tell: async ({ title }, news, edit) => {
      if (channel !== undefined) await tellNews({ sender, channel, now }, title, news, edit);
    },
    onSeen: (record) => {
      seen.set(record.id, record);
      options.onRan(record.id, new Date(record.ran?.at ?? record.since));
    },
  });
  const clock = createScheduleClock({ schedules, keeper, logger, now });
  const queue = createScheduleQueue({
    ...options,
    url: options.storeUrl,
    prefix: options.storePrefix,
    now,
    onDue: (id) => clock.hint(id),
    onError: (err) => logger.debug({ err }, "the queue of schedules"),
  });
  const reconcile = () =>
    queue.reconcile(schedules).then(
      ({ added, removed }) => {
        clock.queueIsUp(true);
        if (added > 0 || removed > 0)
          logger.info({ added, removed }, "the schedules in the queue were brought up to date");
      },
      (err: unknown) => {
        clock.queueIsUp(false);
        logger.debug({ err }, "the schedules in the queue could not be brought up to date");
      },
    );
  let timer: NodeJS.Timeout | undefined;

  return {
    current: () =>
      schedules.map(({ id }) => {
        const { at = null, verdict = null } = seen.get(id)?.ran ?? {};
        return {
          name: id,
          lastRunAt: at,
          ageMs: at === null ? null : now().getTime() - Date.parse(at),
          verdict,
          nextAt: clock.next(id)?.toISOString() ?? null,
        };
      }),
    start: () => {
      clock.start();
      timer = setInterval(() => void reconcile(), reconcileEveryMs).unref();
    },
    reconnect: () => queue.reconnect(),
    storeIs: (usable) => {
      if (!usable) return clock.queueIsUp(false);
      queue.start();
      void reconcile();
    },
    stop: async () => {
      clearInterval(timer);
      clock.stop();
      keeper.stop();
      await queue.stop();
    },
  };
}
