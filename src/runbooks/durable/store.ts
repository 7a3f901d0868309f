import type { Kept, RecordStore } from "../../records/store.ts";
import type { RunRecord } from "./record.ts";

export type KeptRun = Kept<RunRecord>;

/** Where runs are kept; those that have not ended, or whose end is not shown yet, are the open ones (`isOpen`). */
export type RunStore = RecordStore<RunRecord>;
