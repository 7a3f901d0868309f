/**
 * Whether something matches, in three values, with the reason: a rule that says something unmodelled may or may not match.
 * The distance is how many things would have to be different, so that the rule that fails by least can be found.
 */
export type Look =
  | { readonly match: true }
  | { readonly match: "unknown"; readonly why: string }
  | { readonly match: false; readonly why: string; readonly distance: number };

export const yes: Look = { match: true };

/** It may match or not, for this reason. */
export function unsure(why: string): Look {
  return { match: "unknown", why };
}

/** It does not match, for this reason; `distance` is how many things would have to be different. */
export function no(why: string, distance = 1): Look {
  return { match: false, why, distance };
}

/** What is of another kind altogether is further away than any number of labels. */
export const farAway = 100;

/** All must match. What does not match outweighs what is not known. */
export function all(looks: readonly Look[]): Look {
  const failed = looks.filter((look) => look.match === false);
  if (failed.length > 0) {
    return no(
      failed.map(({ why }) => why).join(", "),
      failed.reduce((sum, { distance }) => sum + distance, 0),
    );
  }
  return looks.find((look) => look.match === "unknown") ?? yes;
}

/** The one that comes closest to a match, the first among equals; undefined for none. */
export function closest<T extends { readonly look: Look }>(candidates: readonly T[]): T | undefined {
  const rank = ({ look }: T) => (look.match === true ? -2 : look.match === "unknown" ? -1 : look.distance);
  return candidates.toSorted((a, b) => rank(a) - rank(b))[0];
}
