import { BotError } from "../errors.ts";
import { amendRecord } from "../records/amend.ts";
import type { ScheduleRecord, ScheduleStore } from "../records/schedule.ts";
import type { Kept } from "../records/store.ts";

/** A record that this process is at. */
export interface OwnRecord {
  /** As it was last written. */
  record(): ScheduleRecord;
  /** Applies an edit. Rejects with BotError `schedule.lost` when another process has taken it meanwhile. */
  write(edit: (record: ScheduleRecord) => ScheduleRecord): Promise<void>;
  /** Aborts when another process has taken it. */
  readonly lost: AbortSignal;
  letGo(): void;
}

/** Shows life in the record for as long as it is held: three times in a lease. */
export function holdOf(deps: {
  readonly store: ScheduleStore;
  readonly process: string;
  readonly leaseMs: number;
  readonly kept: Kept<ScheduleRecord>;
  onSeen(record: ScheduleRecord): void;
}): OwnRecord {
  const { store, process } = deps;
  let { record } = deps.kept;
  const lost = new AbortController();
  const write = async (edit: (record: ScheduleRecord) => ScheduleRecord) => {
    const after = await amendRecord(store, record.id, (newest) => {
      if (newest.by !== process) throw lostTo(newest);
      return edit(newest);
    });
    if (after === undefined) throw lostTo(record);
    record = after.record;
    deps.onSeen(record);
  };
  const beat = () =>
    write((newest) => ({ ...newest, beats: newest.beats + 1 })).catch((error: unknown) => {
      // An API server that is away for a moment is not a loss.
      if (error instanceof BotError && error.code === "schedule.lost") lost.abort(error);
    });
  const timer = setInterval(() => void beat(), deps.leaseMs / 3).unref();
  return { record: () => record, write, lost: lost.signal, letGo: () => clearInterval(timer) };
}

function lostTo({ id, by }: ScheduleRecord): BotError {
  return new BotError(
    "schedule.lost",
    `Another process carries on the schedule ${id} (${by ?? "done"})`,
    "Nothing to do",
  );
}
