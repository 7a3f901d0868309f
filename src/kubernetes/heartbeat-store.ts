import { type Heartbeat, type HeartbeatStore, heartbeatSchema } from "../alerts/watchdog.ts";
import { createRecordStore } from "./record-store.ts";
import type { StorePlace } from "./run-store.ts";

/** Keeps heartbeats as ConfigMaps `dfbot-heartbeat-…` in the bot's own namespace. */
export function createHeartbeatStore(place: StorePlace): HeartbeatStore {
  return createRecordStore<Heartbeat>({
    ...place,
    kind: "heartbeat",
    schema: heartbeatSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ lastAt }) => lastAt,
    labelsOf: () => ({}),
    isOpen: () => true,
  });
}
