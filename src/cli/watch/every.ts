import { BotError } from "../../errors.ts";

/** What `--every` is when it is left out. */
export const everyDefault = "10s";

const seconds = { s: 1, m: 60, h: 3_600 } as const;
/** More often would be a load on API servers that have other work during a rollout. */
const least = 2;
const most = 3_600;

/** Milliseconds of `5s`, `2m` or `5` (seconds). Throws BotError `cli.usage`. */
export function parseEvery(text: string): number {
  const [, count = "", unit = "s"] = /^(\d{1,5})([smh])?$/.exec(text) ?? [];
  const wanted = count === "" ? Number.NaN : Number(count) * (unit === "m" || unit === "h" ? seconds[unit] : 1);
  if (wanted >= least && wanted <= most) return wanted * 1_000;
  throw new BotError("cli.usage", `--every: found "${text}"; allowed: from 2s to 1h, such as 5s or 2m`, "See: --help");
}
