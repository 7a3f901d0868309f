import prettyBytes from "pretty-bytes";
import prettyMilliseconds from "pretty-ms";

/** `3d 4h`: for people, two units at most. */
export function duration(seconds: number): string {
  // Said as "… ago": less than a second would read as 0ms.
  return prettyMilliseconds(Math.max(1, Math.round(seconds)) * 1000, { unitCount: 2, secondsDecimalDigits: 0 });
}

/** Seconds from an ISO 8601 time to `now`. */
export function ageSeconds(iso: string, now: Date): number {
  return (now.getTime() - Date.parse(iso)) / 1000;
}

/** `812 MiB`. */
export function bytes(count: number): string {
  return prettyBytes(count, { binary: true, maximumFractionDigits: count >= 10 * 1024 ** 3 ? 0 : 1 });
}

/** `83 %`, never a rounded-up 100 %. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value < 100 ? Math.min(99.9, Math.round(value * 10) / 10) : Math.round(value)} %`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
