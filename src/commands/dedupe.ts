import { LRUCache } from "lru-cache";

/** True the first time an identity is seen, false for ten minutes after. */
export type FirstTime = (identity: string) => boolean;

/**
 * Slack delivers again when it heard no ack (at once, after 1 and after 5 minutes), and over sockets to any of several
 * connections, so an identity is remembered for longer than that. What is marked as a retry is not thrown away for that
 * alone: an event sent while no socket was open arrives only so.
 */
export function createDedupe(): FirstTime {
  const seen = new LRUCache<string, true>({ max: 10_000, ttl: 10 * 60_000 });
  return (identity) => {
    if (seen.has(identity)) return false;
    seen.set(identity, true);
    return true;
  };
}
