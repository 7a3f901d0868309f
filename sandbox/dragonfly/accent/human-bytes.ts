const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.21MiB`, and whole bytes without decimals (`0B`), as Dragonfly prints sizes. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${units[unit]}`;
}
