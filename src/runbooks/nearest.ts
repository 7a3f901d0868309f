import { distance } from "fastest-levenshtein";

/**
 * The word that somebody most likely meant; undefined when there is none to choose from. A beginning of a word ("conn")
 * is nearer than any other likeness.
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const far = (candidate: string) => {
    const lower = candidate.toLowerCase();
    return typed.length > 1 && lower.startsWith(typed) ? 0 : distance(lower, typed);
  };
  return known.toSorted((a, b) => far(a) - far(b))[0];
}
