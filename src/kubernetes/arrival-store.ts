import { type ArrivalStore, type Arrivals, arrivalsSchema } from "../alerts/test-alert.ts";
import { createRecordStore } from "./record-store.ts";
import type { StorePlace } from "./run-store.ts";

/** Keeps which test alerts came in, as the ConfigMap `dfbot-arrival-test-alerts` in the bot's own namespace. */
export function createArrivalStore(place: StorePlace): ArrivalStore {
  return createRecordStore<Arrivals>({
    ...place,
    kind: "arrival",
    schema: arrivalsSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ at }) => at,
    labelsOf: () => ({}),
    isOpen: () => false,
  });
}
