import type { GroupReading } from "./membership.ts";

export interface GroupCacheOptions {
  /** Slack user groups of the configuration. */
  readonly ids: readonly string[];
  read(id: string): Promise<readonly string[]>;
  readonly now: () => Date;
  /** Younger readings are not read again. */
  readonly freshMs: number;
  onFailure(id: string, error: unknown): void;
}

export interface GroupCache {
  /** Reads again what is not fresh. A failure leaves the old reading, which counts until it is too old. */
  refresh(): Promise<void>;
  readings(): ReadonlyMap<string, GroupReading>;
}

/** Who is in the Slack user groups, as it was last read. How old a reading may be is for `membershipsOf` to say. */
export function createGroupCache({ ids, read, now, freshMs, onFailure }: GroupCacheOptions): GroupCache {
  const known = new Map<string, GroupReading>();
  const isFresh = (id: string) =>
    now().getTime() - (known.get(id)?.readAt.getTime() ?? Number.NEGATIVE_INFINITY) < freshMs;
  return {
    readings: () => known,
    refresh: async () => {
      const stale = ids.filter((id) => !isFresh(id));
      await Promise.all(
        stale.map(async (id) => {
          const readAt = now();
          await read(id).then(
            (people) => known.set(id, { people, readAt }),
            (error: unknown) => onFailure(id, error),
          );
        }),
      );
    },
  };
}
