/** One figure of a benchmark: a ratio to a baseline of the same run, and what both were. */
export interface Line {
  readonly name: string;
  readonly ratio: number;
  /** The most it should be, from the issue that asked for the figure. */
  readonly atMost: number;
  readonly figures: Readonly<Record<string, string>>;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((share / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

export function text({ name, ratio, atMost, figures }: Line): string {
  const details = Object.entries(figures).map(([what, value]) => `${what} ${value}`);
  return `${name}: ${ratio.toFixed(2)} (at most ${atMost}${ratio <= atMost ? "" : ", MISSED"}) — ${details.join(", ")}`;
}
