import { type Incident, incidentSchema, isIncidentOpen } from "../alerts/incident.ts";
import type { IncidentStore } from "../alerts/store.ts";
import { createRecordStore } from "./record-store.ts";
import type { StorePlace } from "./run-store.ts";

/** Keeps incidents as ConfigMaps `dfbot-incident-…` in the bot's own namespace. */
export function createIncidentStore(place: StorePlace): IncidentStore {
  return createRecordStore<Incident>({
    ...place,
    kind: "incident",
    schema: incidentSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ openedAt }) => openedAt,
    labelsOf: ({ state }) => ({ "dfbot.platform/state": state }),
    isOpen: isIncidentOpen,
  });
}
