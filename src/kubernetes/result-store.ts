import { type KeptResult, keptResultSchema, type ResultStore } from "../records/kept-result.ts";
import { createRecordStore } from "./record-store.ts";
import type { StorePlace } from "./run-store.ts";

/** Keeps what the last run of a runbook came to as a ConfigMap `dfbot-result-…` in the bot's own namespace. */
export function createResultStore(place: StorePlace): ResultStore {
  return createRecordStore<KeptResult>({
    ...place,
    kind: "result",
    schema: keptResultSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ at }) => at,
    labelsOf: () => ({}),
    isOpen: () => false,
  });
}
