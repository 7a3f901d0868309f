/** Shows that a secret was there without showing it: its kind of prefix when it has one, and its length. */
export function maskSecret(value: string): string {
  const prefix = /^(xox[a-z]-|xapp-|glpat-|rediss?:\/\/)/.exec(value)?.[0] ?? "";
  return `"${prefix}…" (${value.length} characters)`;
}

export type Scrub = (text: string) => string;

const redacted = "[redacted]";

/** Shapes of credentials that may turn up in other programs' messages, whether or not we know the value. */
const shapes: readonly RegExp[] = [
  /\bxox[a-z]-[\w-]{6,}/g,
  /\bxapp-[\w-]{6,}/g,
  /\bglpat-[\w-]{6,}/g,
  /\bwhsec_[\w+/=-]{6,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /(?<=\bBearer\s+)[\w.~+/=-]{6,}/gi,
  /(?<=:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g,
  /(?<=\bhooks\.slack\.com\/)[^\s"]+/g,
];

/**
 * A function that takes known secret values (also URL-encoded, base64 and JSON-escaped) and things shaped like a
 * credential out of a text. Everything that leaves the process as a log line or a report goes through it.
 */
export function createScrubber(secrets: readonly string[]): Scrub {
  const known = [...new Set(secrets.filter((value) => value.length >= 4).flatMap(spellings))].toSorted(
    (a, b) => b.length - a.length,
  );
  return (text) => {
    let clean = text;
    for (const value of known) if (clean.includes(value)) clean = clean.replaceAll(value, redacted);
    for (const shape of shapes) clean = clean.replace(shape, redacted);
    return clean;
  };
}

function spellings(value: string): readonly string[] {
  const base64 = Buffer.from(value).toString("base64");
  return [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), base64, base64.replace(/=+$/, "")];
}

/** The same data with every string in it scrubbed. */
export function scrubDeep<T>(data: T, scrub: Scrub): T;
export function scrubDeep(data: unknown, scrub: Scrub): unknown {
  if (typeof data === "string") return scrub(data);
  if (Array.isArray(data)) return data.map((item) => scrubDeep(item, scrub));
  if (data !== null && typeof data === "object") {
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, scrubDeep(value, scrub)]));
  }
  return data;
}
