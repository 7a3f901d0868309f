import { type ApprovalCheckpoint, hasEnded, type RunRecord } from "./record.ts";

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
  const { id: run, state, checkpoints, owner } = record;
  // Whoever is at work on it goes on by itself; should that one die, the look at all runs finds out.
  if (hasEnded(state) || owner !== undefined) return [];
  const round = roundOf(record, checkpoints.length);
  const last = checkpoints.at(-1);
  if (state === "sleeping" && record.wakeAt !== undefined && record.cancel === undefined) {
    return [{ id: `${round}-wake`, run, why: "wake", at: new Date(record.wakeAt) }];
  }
  if (state === "waiting" && last?.kind === "approval" && last.outcome === undefined && record.cancel === undefined) {
    return whileAsking(record, checkpoints.length, last, remindAfterMinutes);
  }
  return [{ id: `${round}-on`, run, why: "carry-on", at: new Date(record.requestedAt) }];
}

/** Ids of the moments that a run no longer waits for: people have decided, or it has ended. */
export function pastWakeUps(record: RunRecord, remindAfterMinutes: readonly number[]): readonly string[] {
  const { checkpoints, state } = record;
  return checkpoints.flatMap((one, at) => {
    if (one.kind !== "approval" || (one.outcome === undefined && !hasEnded(state))) return [];
    return whileAsking(record, at + 1, one, remindAfterMinutes).flatMap(({ id, why }) =>
      why === "remind" ? [id, lateId(id)] : [id],
    );
  });
}

/** Of a reminder that waits for the end of the quiet hours. */
export function lateId(id: string): string {
  return `${id.replace(/-late$/, "")}-late`;
}

function whileAsking(
  record: RunRecord,
  count: number,
  asked: ApprovalCheckpoint,
  remindAfterMinutes: readonly number[],
): readonly WakeUp[] {
  const { id: run } = record;
  const round = roundOf(record, count);
  const expires = Date.parse(asked.expiresAt);
  const reminders = remindAfterMinutes
    .map((minutes) => new Date(Date.parse(asked.askedAt) + minutes * 60_000))
    .filter((at) => at.getTime() < expires)
    .map((at, n): WakeUp => ({ id: `${round}-remind-${n}`, run, why: "remind", at }));
  return [...reminders, { id: `${round}-expire`, run, why: "expire", at: new Date(expires) }];
}

/** A run that is tried again comes to the same places once more. */
function roundOf({ id, reruns = [] }: RunRecord, checkpoints: number): string {
  return `${id}-${reruns.length}-${checkpoints}`;
}
