import { z } from "zod";

const calledSchema = z.string().regex(/^(?:[SUW][A-Z0-9]+|here|channel)$/, "a user or user group id, here or channel");

/** Where incidents are told of, whom they call, and what looks into them. */
export const alertsSchema = z.strictObject({
  runbooks: z.record(z.string(), z.string()).default({}).describe("Alert name to runbook id"),
  channels: z
    .record(z.string(), z.string())
    .default({})
    .describe("Severity to Slack channel; others go to slack.channels.alerts"),
  mentions: z
    .record(z.string(), z.array(calledSchema))
    .default({})
    .describe("Whom a new incident of a severity calls, once"),
  escalations: z
    .array(
      z.strictObject({
        mentions: z.array(calledSchema).min(1),
        channel: z.string().min(1).optional().describe("Also told there"),
      }),
    )
    .default([])
    .describe("Whom Escalate calls: the first entry first, the next one when it is pressed again"),
  storm: z
    .strictObject({
      threads: z.int().min(2).default(20).describe("Threads that may be opened in a channel; further groups share one"),
      minutes: z.int().min(1).default(10),
    })
    .prefault({}),
  watchdog: z
    .strictObject({
      alert: z.string().min(1).default("Watchdog").describe("Name of the alert that always fires"),
      silentMinutes: z
        .number()
        .gt(0)
        .default(7)
        .describe("How long it may stay away before people are told; more than twice its repeat_interval"),
    })
    .prefault({}),
});
