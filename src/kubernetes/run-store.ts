import { isOpen, type RunRecord, runRecordSchema } from "../runbooks/durable/record.ts";
import type { RunStore } from "../runbooks/durable/store.ts";
import { createRecordStore, type RecordStoreOptions } from "./record-store.ts";

export type StorePlace = Pick<
  RecordStoreOptions<unknown>,
  "cluster" | "namespace" | "call" | "timeoutMs" | "onUnreadable"
>;

/** Keeps runs as ConfigMaps `dfbot-run-…` in the bot's own namespace. */
export function createRunStore(place: StorePlace): RunStore {
  return createRecordStore<RunRecord>({
    ...place,
    kind: "run",
    schema: runRecordSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ requestedAt }) => requestedAt,
    labelsOf: ({ state }) => ({ "dfbot.platform/state": state }),
    isOpen,
  });
}
