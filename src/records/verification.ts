import { z } from "zod";
import { verdicts } from "../reports/model.ts";
import type { RecordStore } from "./store.ts";

/** The last run of `verify` for an instance, as it is kept in the cluster: it must outlive the very store that it is about. */
export const verificationSchema = z.strictObject({
  /** The instance; also a part of an object's name. */
  id: z.string(),
  at: z.iso.datetime(),
  runId: z.string(),
  verdicts: z.record(z.string(), z.enum(verdicts)),
});
export type Verification = z.output<typeof verificationSchema>;
export type VerificationStore = RecordStore<Verification>;
