import { z } from "zod";
import { verdicts } from "../reports/model.ts";
import type { RecordStore } from "./store.ts";

/**
 * What the last run of a runbook came to, as it is kept in the cluster: it must outlive the very store that the runbook may be
 * about.
 */
export const keptResultSchema = z.strictObject({
  /** `<runbook>.<namespace>.<instance>`; also a part of an object's name. */
  id: z.string(),
  at: z.iso.datetime(),
  runId: z.string(),
  verdicts: z.record(z.string(), z.enum(verdicts)),
});
export type KeptResult = z.output<typeof keptResultSchema>;
export type ResultStore = RecordStore<KeptResult>;
