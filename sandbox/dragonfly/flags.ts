/** Value of a `--name=value` argument; the last one counts. */
export function flag(args: readonly string[], name: string): string | undefined {
  return args.findLast((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

const units: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** The same as bytes: `512mb`, `1gb`, `1073741824`. Half a gibibyte when it is not given. */
export function sizeFlag(args: readonly string[], name: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?$/i.exec(flag(args, name) ?? "512mb");
  const unit = units[(match?.[2] ?? "").toLowerCase()];
  if (match === null || unit === undefined) throw new Error(`--${name}: not a size: ${flag(args, name)}`);
  return Math.floor(Number(match[1]) * unit);
}
