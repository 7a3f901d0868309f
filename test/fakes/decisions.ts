import type { DecisionContext } from "../../src/approvals/decide.ts";

/** What decisions are held against where one group may decide: who is in it, and how many of them it takes. */
export function groupDecides(
  group: string,
  people: readonly string[],
  { quorum = 1, now = () => new Date() }: { readonly quorum?: number; readonly now?: () => Date } = {},
): () => DecisionContext {
  return () => ({
    now: now(),
    policy: {
      groups: [group],
      quorum,
      fromEachGroup: false,
      expiresAfterMinutes: 60,
      remindAfterMinutes: [],
      breakGlass: [],
    },
    memberships: new Map([[group, { known: true, people: new Set(people) }]]),
    delegations: [],
  });
}
