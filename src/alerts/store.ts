import type { RecordStore } from "../records/store.ts";
import type { Incident } from "./incident.ts";

/** Where incidents are kept; its locks are the names of alert groups. */
export type IncidentStore = RecordStore<Incident>;
