/**
 * Slack's `<!date^…>` formats in the reader's own language and time zone.
 * Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
export function formatSlackDate(seconds: number, format: string, now: Date = new Date()): string {
  const date = new Date(seconds * 1_000);
  if (Number.isNaN(date.getTime())) return format;
  const day = (style: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(undefined, style).format(date);
  const pretty = (otherwise: string) => nearDay(date, now) ?? otherwise;
  const long: Intl.DateTimeFormatOptions = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
  const middle: Intl.DateTimeFormatOptions = { year: "numeric", month: "long", day: "numeric" };
  const short: Intl.DateTimeFormatOptions = { year: "numeric", month: "short", day: "numeric" };
  const tokens: Readonly<Record<string, () => string>> = {
    date_num: () => [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    date_slash: () => day({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date_long: () => day(long),
    date_long_full: () => day(long),
    date_long_pretty: () => pretty(day(long)),
    date: () => day(middle),
    date_pretty: () => pretty(day(middle)),
    date_short: () => day(short),
    date_short_pretty: () => pretty(day(short)),
    time: () => day({ hour: "numeric", minute: "2-digit" }),
    time_secs: () => day({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
    ago: () => agoWords((now.getTime() - date.getTime()) / 1_000),
  };
  return format.replace(/\{(\w+)\}/g, (whole, token: string) => tokens[token]?.() ?? whole);
}

/** "Today", "Yesterday", "Tomorrow", or undefined for any other day. */
export function nearDay(date: Date, now: Date): string | undefined {
  const start = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  // Rounded, because a day of a clock change has 23 or 25 hours.
  const days = Math.round((start(date) - start(now)) / 86_400_000);
  return days === 0 ? "Today" : days === -1 ? "Yesterday" : days === 1 ? "Tomorrow" : undefined;
}

function agoWords(seconds: number): string {
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  if (Math.abs(seconds) < 60) return words.format(-Math.round(seconds), "second");
  if (Math.abs(seconds) < 3_600) return words.format(-Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86_400) return words.format(-Math.round(seconds / 3_600), "hour");
  return words.format(-Math.round(seconds / 86_400), "day");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
