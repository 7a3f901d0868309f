import { isOpen, type RunRecord, runRecordSchema } from "../../src/runbooks/durable/record.ts";
import type { RunStore } from "../../src/runbooks/durable/store.ts";
import { memoryRecordStore } from "./record-store.ts";

/** Runs in memory, with the same answers as the real store. */
export function memoryRunStore(): RunStore {
  return memoryRecordStore<RunRecord>({ kind: "run", schema: runRecordSchema, isOpen });
}
