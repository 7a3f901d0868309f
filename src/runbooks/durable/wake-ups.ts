import { hasEnded, type RunRecord } from "./record.ts";

/** A moment at which somebody must look at a run. */
export interface WakeUp {
  /** The same for the same moment of the same run, so that asking for it twice makes one. */
  readonly id: string;
  readonly run: string;
  readonly why: "carry-on" | "wake" | "remind" | "expire";
  readonly at: Date;
}

/**
 * The moments at which a run needs to be looked at: now, when it can go on; later, while it sleeps or waits for people. A pure
 * function of the record, so that a queue that lost everything is filled again from the records.
 */
export function wakeUpsOf(record: RunRecord, remindAfterMinutes: readonly number[]): readonly WakeUp[] {
  const { id: run, state, checkpoints, reruns = [], owner } = record;
  // Whoever is at work on it goes on by itself; should that one die, the look at all runs finds out.
  if (hasEnded(state) || owner !== undefined) return [];
  // A run that is tried again comes to the same places once more.
  const round = `${run}-${reruns.length}-${checkpoints.length}`;
  const last = checkpoints.at(-1);
  if (state === "sleeping" && record.wakeAt !== undefined && record.cancel === undefined) {
    return [{ id: `${round}-wake`, run, why: "wake", at: new Date(record.wakeAt) }];
  }
  if (state === "waiting" && last?.kind === "approval" && last.outcome === undefined && record.cancel === undefined) {
    const asked = Date.parse(last.askedAt);
    const expires = Date.parse(last.expiresAt);
    const reminders = remindAfterMinutes
      .map((minutes) => new Date(asked + minutes * 60_000))
      .filter((at) => at.getTime() < expires)
      .map((at, n): WakeUp => ({ id: `${round}-remind-${n}`, run, why: "remind", at }));
    return [...reminders, { id: `${round}-expire`, run, why: "expire", at: new Date(expires) }];
  }
  return [{ id: `${round}-on`, run, why: "carry-on", at: new Date(record.requestedAt) }];
}
