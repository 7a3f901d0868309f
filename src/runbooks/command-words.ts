import { oneLine } from "../reports/render/clean.ts";

/** How a runbook is typed: ids that begin alike (`tenant-propose`, `tenant-resize`) are two words, a group and what it does. */

interface Named {
  readonly id: string;
  readonly listed?: boolean;
}

/** First words that stand alone, whatever comes after them: as yet there is one drill. */
const alwaysGroups: readonly string[] = ["drill"];

/** A group of runbooks by its first word, in their order. */
export function groupOf<Of extends Named>(word: string, runbooks: readonly Of[]): readonly Of[] {
  const members = runbooks.filter(({ id, listed }) => listed !== false && id.startsWith(`${word}-`));
  return members.length > 1 || alwaysGroups.includes(word) ? members : [];
}

/** The words for a runbook: two when it belongs to a group, else its id. */
export function wordsOf(id: string, runbooks: readonly Named[]): readonly string[] {
  const [group = "", ...rest] = id.split("-");
  const grouped = rest.length > 0 && groupOf(group, runbooks).some((member) => member.id === id);
  return grouped ? [group, rest.join("-")] : [id];
}

const mostWords = 3;

/**
 * The runbook that the first words name, and the words after it. `a-b` may be typed as `a b`, in a group or not; the fewest words
 * that name one decide.
 */
export function runbookTyped<Of extends Named>(
  words: readonly string[],
  runbooks: readonly Of[],
): { readonly runbook: Of; readonly rest: readonly string[] } | undefined {
  for (let count = 1; count <= Math.min(mostWords, words.length); count++) {
    const typed = words.slice(0, count).join("-").toLowerCase();
    const runbook = runbooks.find(({ id }) => id === typed);
    if (runbook !== undefined) return { runbook, rest: words.slice(count) };
  }
  return undefined;
}

/**
 * A line that the slash command reads back as these words and values: those of `positional` by their place, the others by name.
 * A value is kept on one line, its quotes in straight form.
 */
export function slashLine(
  words: readonly string[],
  given: Readonly<Record<string, unknown>>,
  positional: readonly string[] = [],
): string {
  const byPlace: string[] = [];
  for (const name of positional) {
    const value = given[name] === undefined ? "" : textOf(given[name]);
    // What could be taken for something else is given by its name, and so is all that comes after it.
    if (!/^\w[\w./:-]*$/.test(value)) break;
    byPlace.push(value);
  }
  const placed = new Set(positional.slice(0, byPlace.length));
  const byName = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || placed.has(name) ? [] : [`${name}=${quoted(textOf(value))}`],
  );
  return ["/dragonfly", ...words, ...byPlace, ...byName].join(" ");
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(",");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function quoted(value: string): string {
  const straight = oneLine(value)
    .replace(/[\u201c\u201d\u201e]/g, '"')
    .replace(/[\u2018\u2019]/g, "'");
  if (/^[^\s"']+$/.test(straight)) return straight;
  if (!straight.includes('"')) return `"${straight}"`;
  if (!straight.includes("'")) return `'${straight}'`;
  // What stands in one kind of quotes cannot hold that kind, so each piece gets the other.
  const pieces = straight.match(/[^"]+|"+/g) ?? [""];
  return pieces.map((piece) => (piece.startsWith('"') ? `'${piece}'` : `"${piece}"`)).join("");
}
