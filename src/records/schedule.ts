import { z } from "zod";
import { reportSchema, verdicts } from "../reports/model.ts";
import type { RecordStore } from "./store.ts";

/** Something to be said about a scheduled run, from when it is known until it is said. */
const newsSchema = z.strictObject({
  /** The time at which the run was due. */
  due: z.iso.datetime(),
  /** `changed`: since what people know; `first`: nobody knows anything yet; `again`: it can be made again. */
  kind: z.enum(["changed", "first", "again", "failed"]),
  /** Marks the message, so that it is found again. */
  mark: z.string(),
  /** With the evidence of what is not ok only; undefined when none could be made. */
  report: reportSchema.optional(),
  /** How it compares: "1 worse and 2 better". */
  words: z.string(),
  failure: z.strictObject({ code: z.string(), text: z.string() }).optional(),
  /** Where it is said, or since when somebody is about to. */
  post: z.strictObject({ at: z.string().optional(), ts: z.string().optional() }).optional(),
});
export type ScheduleNews = z.output<typeof newsSchema>;

/**
 * What became of a schedule. It is in the cluster, so that a store that comes back empty, a night that the bot slept through and
 * a process that dies make no run too many and none too few.
 */
export const scheduleSchema = z.strictObject({
  /** The runbook. */
  id: z.string(),
  /** Since when it is kept. */
  since: z.iso.datetime(),
  /** The latest time at which it was due that somebody has taken on. */
  due: z.iso.datetime(),
  /** The process that is at it; undefined when it is done. */
  by: z.string().optional(),
  /** Raised by that process as a sign of life. */
  beats: z.int(),
  /** The last run that was made. */
  ran: z.strictObject({ at: z.iso.datetime(), runId: z.string(), verdict: z.enum(verdicts) }).optional(),
  /** What people know, and so what the next run is compared with. */
  known: z
    .strictObject({
      at: z.iso.datetime(),
      runId: z.string(),
      verdicts: z.record(z.string(), z.enum(verdicts)),
    })
    .optional(),
  /** Why no run can be made, as it was said. */
  failing: z.strictObject({ code: z.string(), since: z.iso.datetime() }).optional(),
  news: newsSchema.optional(),
});
export type ScheduleRecord = z.output<typeof scheduleSchema>;
export type ScheduleStore = RecordStore<ScheduleRecord>;
