/** One INFO answer: field to text, all sections in one map; names do not repeat between sections that we read. */
export type Info = ReadonlyMap<string, string>;

/** Parses INFO: `# Section` headings, `field:value` lines; values may hold colons. Lines of no known form are passed over. */
export function parseInfo(text: string): Info {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (line.startsWith("#") || colon < 1) continue;
    fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** A field as a number; `fallback` when it is missing or no number. */
export function numberOf(info: Info, field: string, fallback = 0): number {
  const text = info.get(field);
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : fallback;
}

/** `ip=10.0.0.2,port=9999,state=online,lag=0` as a map. IPv6 addresses keep their colons. */
export function parseReplicaLine(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").map((pair): [string, string] => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
