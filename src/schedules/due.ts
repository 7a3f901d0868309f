import type { Schedule } from "./schedule.ts";

/** When a schedule was last due, and when it will be next. */
export interface Due {
  readonly last: Date;
  readonly next: Date;
}

/**
 * By the schedule's own time zone, the changes of its clock included: the hour that the clock leaves out comes late, the one that it
 * has twice comes once. Rejects with what the parser says when there is no such time, such as the 30th of February.
 */
export async function dueAt({ cron, timeZone }: Pick<Schedule, "cron" | "timeZone">, now: Date): Promise<Due> {
  const { CronExpressionParser } = await import("cron-parser");
  const at = (currentDate: Date) => CronExpressionParser.parse(cron, { tz: timeZone, currentDate });
  let last = at(now).prev().toDate();
  // Looking back skips what the clock leaves out, looking ahead does not; BullMQ looks ahead.
  const ahead = at(last);
  let next = ahead.next().toDate();
  while (next <= now) [last, next] = [next, ahead.next().toDate()];
  return { last, next };
}
