import { z } from "zod";
import { timeZoneSchema } from "./time-zone.ts";

/** Seconds, where they are given, then the five fields of a crontab: what each may hold. */
const ranges = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** Numbers only: the parser that knows names and times as well is loaded by the service, and not with every command. */
const cronSchema = z
  .string()
  .refine(isCron, "must be a cron expression in numbers: minute hour day-of-month month day-of-week");

function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return false;
  return fields.every((field, index) => {
    const [least, most] = ranges[index + ranges.length - fields.length] ?? [0, 0];
    return field.split(",").every((part) => {
      const [, from, to, step] = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? ["", "-1"];
      const inside = (value: string | undefined) =>
        value === undefined || (Number(value) >= least && Number(value) <= most);
      return inside(from) && inside(to) && Number(to ?? most) >= Number(from ?? least) && step !== "0";
    });
  });
}

const scheduleSchema = (cron: string) =>
  z
    .strictObject({
      enabled: z.boolean().default(true),
      cron: cronSchema.default(cron).describe("When, in numbers: minute hour day-of-month month day-of-week"),
    })
    .prefault({});

/** What the service runs by itself. */
export const schedulesSchema = z
  .strictObject({
    timeZone: timeZoneSchema.default("UTC"),
    channel: z
      .string()
      .min(1)
      .optional()
      .describe("Slack channel that is told of changes; slack.channels.operations when left out"),
    verify: scheduleSchema("0 2 * * *").describe("verify of the shared instance, every night"),
    connectivity: scheduleSchema("0 6 * * *").describe(
      "connectivity --matrix, every day; only where probes.image says what to probe with",
    ),
  })
  .describe("Runs that the service makes by itself, and tells of when something has changed");
