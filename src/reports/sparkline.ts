const bars = "▁▂▃▄▅▆▇█";

/**
 * A row of bars, between the lowest and the highest value; a space is a gap, and what hardly moves is a flat line.
 *
 * @param width how many bars at most; values are averaged into them
 */
export function sparkline(values: readonly (number | null)[], width = 12): string {
  const buckets = Array.from({ length: Math.min(width, values.length) }, (_, index) => {
    const share = values.length / Math.min(width, values.length);
    const inside = values.slice(Math.floor(index * share), Math.max(Math.floor((index + 1) * share), index + 1));
    const known = inside.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
  const known = buckets.filter((value) => value !== null);
  if (known.length === 0) return "";
  const low = Math.min(...known);
  const high = Math.max(...known);
  const isFlat = high - low <= Math.abs(high) * 0.01;
  return buckets
    .map((value) => {
      if (value === null) return " ";
      return bars[isFlat ? 2 : Math.round(((value - low) / (high - low)) * (bars.length - 1))] ?? "";
    })
    .join("");
}
