import type { Needs, Tenant } from "./change.ts";
import { mibOf, sayMib } from "./size.ts";

export interface Recommendation {
  readonly isolation: Tenant["isolation"];
  /** A sentence for each line of the table that decided. */
  readonly reasons: readonly string[];
}

/** Up to this part of the shared instance's maxmemory a tenant may take. */
const shareOfShared = 1 / 4;

const reasonsForOwn: readonly (readonly [keyof Needs, string])[] = [
  ["sensitive", "Sensitive data: access rules part keys, not memory, snapshots, disks or the admin port."],
  ["eviction", "Old keys are to be evicted: that evicts any key of an instance, other tenants' queues too."],
  [
    "undeclaredKeys",
    "Scripts touch keys that they do not declare: on the shared instance they fail, or all queues get ten times slower.",
  ],
  ["adminCommands", "KEYS, SCAN, DBSIZE, FLUSHALL and CONFIG see, delete or change what is everybody's."],
];

/**
 * Shared instance or one of its own, and why. Source: docs/tenancy.md, "Decide". `sharedMaxmemory` as the shared instance has it
 * (`3gb`, `3Gi`); when it is not known, memory decides nothing and the reasons say so.
 */
export function recommend(needs: Needs, memory: string, sharedMaxmemory: string | undefined): Recommendation {
  const reasons = reasonsForOwn.filter(([need]) => needs[need]).map(([, reason]) => reason);
  const wanted = mibOf(memory);
  const shared = sharedMaxmemory === undefined ? undefined : mibOf(sharedMaxmemory);
  if (wanted !== undefined && shared !== undefined && wanted > shared * shareOfShared)
    reasons.push(`${sayMib(wanted)} is more than a quarter of the shared instance's ${sayMib(shared)}.`);
  if (reasons.length > 0) return { isolation: "own", reasons };
  const unknown = shared === undefined ? [" How much memory the shared instance has could not be told."] : [];
  return {
    isolation: "shared",
    reasons: [
      `Nothing asks for an instance of its own: the shared one is paid for and watched already.${unknown.join("")}`,
    ],
  };
}
