import type { Config } from "../config/file.ts";

/** Who is in a group, as far as is known now. */
export type Membership =
  | { readonly known: true; readonly people: ReadonlySet<string> }
  /** Nobody counts as a member of a group that could not be read, or not lately enough. */
  | { readonly known: false; readonly reason: string };

export type Memberships = ReadonlyMap<string, Membership>;

/** A Slack user group as it was last read. */
export interface GroupReading {
  readonly people: readonly string[];
  readonly readAt: Date;
}

/**
 * The members of every group of the configuration: listed people, and those of the Slack user group when that was read within
 * `maxAgeMs`. A group of which a part is not known is not known: somebody may have been taken out of it.
 */
export function membershipsOf(
  config: Config,
  readings: ReadonlyMap<string, GroupReading>,
  now: Date,
  maxAgeMs: number,
): Memberships {
  return new Map(
    Object.entries(config.approvals.groups).map(([name, { people, slackUserGroup }]): [string, Membership] => {
      if (slackUserGroup === undefined) return [name, { known: true, people: new Set(people) }];
      const reading = readings.get(slackUserGroup);
      if (reading === undefined) return [name, { known: false, reason: `${slackUserGroup} has not been read` }];
      const ageMs = now.getTime() - reading.readAt.getTime();
      if (ageMs > maxAgeMs || ageMs < 0) {
        return [name, { known: false, reason: `${slackUserGroup} was last read at ${reading.readAt.toISOString()}` }];
      }
      return [name, { known: true, people: new Set([...people, ...reading.people]) }];
    }),
  );
}

/** A person who decides for another one for a while. */
export interface Delegation {
  readonly from: string;
  readonly to: string;
  readonly since: Date;
  readonly until: Date;
}
