/** Hours of the day in which nobody is reminded; over midnight when `from` is later than `to`. */
export interface QuietHours {
  /** IANA name. */
  readonly timeZone: string;
  /** `22:00` */
  readonly from: string;
  readonly to: string;
}

const dayMinutes = 24 * 60;

/** When the quiet hours that hold at this time are over; undefined when none hold. Exact to the minute. */
export function endOfQuiet(quiet: QuietHours | undefined, at: Date): Date | undefined {
  if (quiet === undefined) return undefined;
  const from = minutesOf(quiet.from);
  const to = minutesOf(quiet.to);
  const now = minutesOf(localTime(quiet.timeZone, at));
  const sinceFrom = (now - from + dayMinutes) % dayMinutes;
  const length = (to - from + dayMinutes) % dayMinutes;
  if (sinceFrom >= length) return undefined;
  const minute = Math.floor(at.getTime() / 60_000) * 60_000;
  return new Date(minute + (length - sinceFrom) * 60_000);
}

function localTime(timeZone: string, at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    at,
  );
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}
