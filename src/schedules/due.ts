import type { Schedule } from "./schedule.ts";

/** When a schedule was last due, and when it will be next. */
export interface Due {
  readonly last: Date;
  readonly next: Date;
}

/**
 * By the schedule's own time zone, the changes of its clock included. Rejects with what the parser says when there is no such time,
 * such as the 30th of February.
 */
export async function dueAt({ cron, timeZone }: Pick<Schedule, "cron" | "timeZone">, now: Date): Promise<Due> {
  const { CronExpressionParser } = await import("cron-parser");
  const at = (currentDate: Date) => CronExpressionParser.parse(cron, { tz: timeZone, currentDate });
  // Both are strictly before and after.
  return {
    last: at(new Date(now.getTime() + 1))
      .prev()
      .toDate(),
    next: at(now).next().toDate(),
  };
}
