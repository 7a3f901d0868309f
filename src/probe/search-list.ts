/** What /etc/resolv.conf says about how a name is completed. */
export interface SearchRules {
  readonly search: readonly string[];
  /** A name with at least so many dots is first tried as it is. */
  readonly ndots: number;
}

/** Reads resolv.conf(5): the last `search` or `domain` counts, `ndots` is 1 when nothing is said and 15 at most. */
export function parseSearchRules(text: string): SearchRules {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword = "", ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "search") search = values.map(withoutLastDot).filter((domain) => domain !== "");
    if (keyword === "domain") search = values.slice(0, 1).map(withoutLastDot);
    if (keyword !== "options") continue;
    const given = values.map((option) => /^ndots:(\d+)$/.exec(option)?.[1]).findLast((found) => found !== undefined);
    if (given !== undefined) ndots = Math.min(Number(given), 15);
  }
  return { search, ndots };
}

/** The full names that are asked for one after the other, as the resolver of the C library does it. */
export function fullNames(name: string, { search, ndots }: SearchRules): readonly string[] {
  if (name.endsWith(".")) return [withoutLastDot(name)];
  const completed = search.map((domain) => `${name}.${domain}`);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}

function withoutLastDot(name: string): string {
  return name.replace(/\.$/, "");
}
