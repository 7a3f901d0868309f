import type { Kept, RecordStore } from "../records/store.ts";
import type { Incident } from "./incident.ts";

export type KeptIncident = Kept<Incident>;

/** Where incidents are kept; its locks are the names of alert groups. */
export type IncidentStore = RecordStore<Incident>;
