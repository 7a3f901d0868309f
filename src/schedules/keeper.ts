import { BotError } from "../errors.ts";
import type { Logger } from "../logging.ts";
import { isConflict } from "../records/amend.ts";
import type { ScheduleNews, ScheduleRecord, ScheduleStore } from "../records/schedule.ts";
import type { Kept } from "../records/store.ts";
import { afterTelling, conclude, type Ending, withoutNews } from "./news.ts";
import { holdOf, type OwnRecord } from "./own-record.ts";
import type { Schedule } from "./schedule.ts";

export interface KeeperDeps {
  readonly store: ScheduleStore;
  /** Tells this process from every other one, also from the one before it in the same pod. */
  readonly process: string;
  /** A process that shows no life for this long has lost what it was at. */
  readonly leaseMs: number;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Never rejects but with the signal: that no run can be made is an ending too. */
  run(schedule: Schedule, known: ScheduleRecord["known"], signal: AbortSignal): Promise<Ending>;
  /** Says it once over all processes; rejects when it could not be said yet. `edit` notes where it is. */
  tell(schedule: Schedule, news: ScheduleNews, edit: EditPost): Promise<void>;
  /** Told of every form of a record that is seen. */
  onSeen(record: ScheduleRecord): void;
}

type Post = NonNullable<ScheduleNews["post"]>;
export type EditPost = (edit: (before: Post) => Post | undefined) => Promise<void>;

export interface ScheduleKeeper {
  /**
   * Does what this process can do about a schedule that was last due at this time. True when there is nothing left to do about it;
   * false when another process is at it, or the news could not be told yet.
   */
  look(schedule: Schedule, due: Date): Promise<boolean>;
  stop(): void;
}

/**
 * Who may take a schedule on, and what they do with it. The record says what is true: whoever could write into it that they are at
 * it, is. The rest goes by lease, so that a process that dies at any moment leaves what another one can finish.
 */
export function createScheduleKeeper(deps: KeeperDeps): ScheduleKeeper {
  const { store, process, now, logger } = deps;
  const stopped = new AbortController();
  const lives = createLives(deps.leaseMs);

  const take = async (kept: Kept<ScheduleRecord>, due: string): Promise<Kept<ScheduleRecord> | undefined> => {
    const { record } = kept;
    try {
      return await store.update(kept, { ...record, due, by: process, beats: record.beats + 1 });
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  };

  /** Rejects when it could not be said yet. */
  const tell = async (schedule: Schedule, own: OwnRecord) => {
    const { news } = own.record();
    if (news === undefined) return;
    if (news.post?.ts === undefined) {
      await deps.tell(schedule, news, (edit) =>
        own.write((record) => {
          const post = record.news === undefined ? undefined : edit(record.news.post ?? {});
          return post === undefined || record.news === undefined
            ? record
            : { ...record, news: { ...record.news, post } };
        }),
      );
    }
    await own.write(afterTelling);
  };

  const carryOut = async (schedule: Schedule, own: OwnRecord): Promise<void> => {
    const { news, due } = own.record();
    if (news !== undefined && news.due < due) {
      // Slack was away until it was due again: what was not said is found once more by the run that is due now.
      await tell(schedule, own).catch(async (err: unknown) => {
        logger.warn({ err, schedule: schedule.id }, "what a scheduled run had found could not be told before the next");
        await own.write(withoutNews);
      });
    }
    if (own.record().news === undefined) {
      const ending = await deps.run(schedule, own.record().known, AbortSignal.any([stopped.signal, own.lost]));
      await own.write((record) => conclude(record, ending));
      const { kind, words } = own.record().news ?? {};
      logger.info({ schedule: schedule.id, news: kind ?? "none", words }, "a scheduled run ended");
    }
    await tell(schedule, own);
  };

  return {
    async look(schedule, last) {
      const due = last.toISOString();
      const kept = await store.get(schedule.id);
      if (kept === undefined) {
        // Whoever has just begun has missed nothing.
        const begun = { id: schedule.id, since: now().toISOString(), due, beats: 0 };
        try {
          deps.onSeen((await store.create(begun)).record);
          return true;
        } catch (error) {
          // Another process began at the same time.
          if (error instanceof BotError && error.code === "schedule.exists") return false;
          throw error;
        }
      }
      const { record } = kept;
      deps.onSeen(record);
      if (record.by === undefined && record.due >= due) return true;
      if (record.by !== undefined && record.by !== process && lives.shows(kept)) return false;
      // Another process may have begun with a later one by its own clock.
      const newest = new Date(Math.max(last.getTime(), Date.parse(record.due)));
      const taken = await take(kept, newest.toISOString());
      if (taken === undefined) return false;
      const own = holdOf({ ...deps, kept: taken });
      try {
        await carryOut(schedule, own);
        return true;
      } finally {
        own.letGo();
      }
    },
    stop: () => stopped.abort(),
  };
}

/** Sees by the changes of a record whether somebody is at it; by this process's own clock, so that clocks may disagree. */
function createLives(leaseMs: number) {
  const seen = new Map<string, { readonly revision: string; readonly since: number }>();
  return {
    shows({ record, revision }: Kept<ScheduleRecord>): boolean {
      const before = seen.get(record.id);
      if (before?.revision === revision) return performance.now() - before.since < leaseMs;
      seen.set(record.id, { revision, since: performance.now() });
      return true;
    },
  };
}
