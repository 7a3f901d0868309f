import { type ScheduleRecord, type ScheduleStore, scheduleSchema } from "../records/schedule.ts";
import { createRecordStore } from "./record-store.ts";
import type { StorePlace } from "./run-store.ts";

/** Keeps what became of each schedule as a ConfigMap `dfbot-schedule-…` in the bot's own namespace. */
export function createScheduleStore(place: StorePlace): ScheduleStore {
  return createRecordStore<ScheduleRecord>({
    ...place,
    kind: "schedule",
    schema: scheduleSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ since }) => since,
    labelsOf: () => ({}),
    isOpen: ({ by }) => by !== undefined,
  });
}
