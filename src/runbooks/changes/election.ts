import type { Member } from "./members.ts";

/**
 * Whom the operator makes the primary: the replica that has most of the stream, of equals the one with the lowest ordinal.
 * Replicas within a few records of each other count as equals: under writes they overtake each other all the time.
 * Source: dragonfly-operator v1.6.1, selection of the failover candidate.
 */
export function elected(replicas: readonly Member[]): Member | undefined {
  const ordinal = ({ pod }: Member) => Number(/(\d+)$/.exec(pod)?.[1] ?? 0);
  const most = Math.max(...replicas.map(({ offset }) => offset ?? 0));
  return replicas
    .filter(({ offset }) => most - (offset ?? 0) <= sameWithinRecords)
    .toSorted((a, b) => ordinal(a) - ordinal(b))[0];
}
const sameWithinRecords = 1_000;

/** In sync, and with this very primary. */
export function follows({ ready, link }: Member, primary: Member): boolean {
  return ready && link?.inSync === true && link.host === primary.ip;
}
