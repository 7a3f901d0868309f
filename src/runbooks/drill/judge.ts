import type { DrillConfig } from "../../config/file.ts";
import type { Disruption } from "./disrupt.ts";
import { gapOf, type Measurement, type StreamMeasure } from "./measure.ts";
import { countAgainst, durationMs, type Figure, type Objective, timeAgainst } from "./objectives.ts";
import type { SyncState } from "./synced.ts";
import { type Passage, stages, type WatchedAlert, type WatchedAlerts } from "./watch-alerts.ts";

/** How it was when everybody followed the new primary, or when nobody waited any longer. */
export interface Synced extends SyncState {
  readonly at: string;
}

/** Everything that is known of a drill when it is over. */
export interface Drilled {
  readonly disruption: Disruption;
  /** Before this it had not begun: what counts when nobody measured. ISO 8601. */
  readonly before: string;
  readonly synced: Synced;
  readonly alerts: WatchedAlerts;
}

/** Every figure against what it is held to. Pure. */
export function judge(drilled: Drilled, drill: DrillConfig): readonly Objective[] {
  const { disruption, synced, alerts } = drilled;
  const { measurement, whyNot } = disruption;
  return [
    ...(measurement === null ? unmeasured(whyNot, drill) : canaryObjectives(measurement, drill)),
    timeAgainst({ id: "elected", what: "A new primary" }, electedFigure(drilled), drill.electedWithinMs),
    timeAgainst(
      { id: "synced", what: "All replicas in sync", detail: synced.missing },
      syncedFigure(drilled),
      drill.syncedWithinMs,
    ),
    ...alerts.expected.flatMap((alert) => alertObjectives(alert, drilled, drill)),
  ];
}

const whats = { writeGap: "Writes back", readGap: "Reads back", lost: "Acknowledged writes lost" } as const;

function unmeasured(whyNot: string, drill: DrillConfig): readonly Objective[] {
  const unknown = { unknown: whyNot };
  return [
    timeAgainst({ id: "write-gap", what: whats.writeGap }, unknown, drill.writeGapMs),
    timeAgainst({ id: "read-gap", what: whats.readGap }, unknown, drill.readGapMs),
    countAgainst({ id: "lost-writes", what: whats.lost }, unknown, drill.lostWrites),
  ];
}

function canaryObjectives(seen: Measurement, drill: DrillConfig): readonly Objective[] {
  const { lost, lostReason, acknowledged, stalledMs } = seen;
  // A process that stands still sees a gap where there is none.
  const detail =
    stalledMs > stallWorthAWordMs ? `The bot itself stood still for ${durationMs(stalledMs)} of it at most` : "";
  const gap = (stream: StreamMeasure): Figure => ({
    ms: gapOf(stream),
    ...(stream.isOpen ? { bound: "atLeast" as const } : {}),
  });
  return [
    timeAgainst(
      { id: "write-gap", what: whats.writeGap, detail: said(seen.writes, detail) },
      gap(seen.writes),
      drill.writeGapMs,
    ),
    timeAgainst(
      { id: "read-gap", what: whats.readGap, detail: said(seen.reads, detail) },
      gap(seen.reads),
      drill.readGapMs,
    ),
    countAgainst(
      { id: "lost-writes", what: whats.lost, detail: lost === 0 ? "" : whyLost },
      lost === null
        ? { unknown: `They could not be read back: ${lostReason}` }
        : { count: lost, words: `${lost} of ${acknowledged}` },
      drill.lostWrites,
    ),
  ];
}

const stallWorthAWordMs = 250;
const whyLost =
  "Replication is not waited for: what the primary acknowledges in its last moment may be lost in any failover. drill.lostWrites says how much is accepted.";

function said({ failures, tries }: StreamMeasure, more: string): string {
  const counts = Object.entries(failures)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`);
  const failed = counts.length === 0 ? `none of ${tries} failed` : `failed: ${counts.join(", ")}, of ${tries}`;
  return more === "" ? failed : `${failed}. ${more}`;
}

function electedFigure(drilled: Drilled): Figure {
  const { disruption, synced } = drilled;
  if (disruption.elected !== null) return { ms: disruption.elected.afterMs };
  // Whoever came later saw it at some time after it was so.
  if (disruption.measurement === null && synced.primary !== null) return since(drilled, synced.at);
  if (disruption.measurement !== null) return { ms: disruption.measurement.lastedMs, bound: "atLeast" };
  return { unknown: disruption.whyNot };
}

function syncedFigure(drilled: Drilled): Figure {
  const { disruption, synced } = drilled;
  if (disruption.syncedAfterMs !== null) return { ms: disruption.syncedAfterMs };
  return since(drilled, synced.at, synced.missing === "" ? undefined : "atLeast");
}

/** From the eviction to a moment; when nobody measured the eviction, from when it had not begun, which is longer. */
function since({ disruption, before }: Drilled, at: string, bound?: "atLeast"): Figure {
  const measured = disruption.measurement !== null;
  const ms = Math.max(0, Date.parse(at) - Date.parse(measured ? disruption.at : before));
  if (measured) return bound === undefined ? { ms } : { ms, bound };
  // Still not so at the end: from the latest beginning there can be.
  if (bound === "atLeast") return { ms: Math.max(0, Date.parse(at) - Date.parse(disruption.at)), bound };
  return { ms, bound: "atMost" };
}

function alertObjectives(alert: WatchedAlert, drilled: Drilled, drill: DrillConfig): readonly Objective[] {
  const { alertFiredWithinMs, alertResolvedWithinMs } = drill;
  const { notWatched } = drilled.alerts;
  const { passages, lastsMs, alert: name } = alert;
  const id = `alert.${name}`;
  const firing = [passages.rules, passages.alertmanager].filter(({ unknown }) => unknown === "");
  const heard = stages.map((stage) => passages[stage]).filter(({ unknown }) => unknown === "");
  if (notWatched !== "") {
    const what = `${name} fires, comes to the bot, and is over`;
    return [timeAgainst({ id, what }, { unknown: notWatched }, alertResolvedWithinMs)];
  }
  const atBot = passages.bot.unknown === "" ? [passages.bot] : [];
  const lasts = `Its rule looks back ${durationMs(lastsMs)}, so it cannot be over within ${durationMs(alertResolvedWithinMs)}`;
  const over = lastsMs > alertResolvedWithinMs ? { unknown: lasts } : ended(drilled, heard);
  return [
    timeAgainst(
      { id: `${id}.fired`, what: `${name} fires` },
      came(drilled, firing, passages.rules.unknown),
      alertFiredWithinMs,
    ),
    timeAgainst(
      { id: `${id}.bot`, what: `${name} comes to the bot` },
      came(drilled, atBot, passages.bot.unknown),
      alertFiredWithinMs,
    ),
    timeAgainst({ id: `${id}.over`, what: `${name} is over` }, over, alertResolvedWithinMs),
  ];
}

/** The first stage that had it says when. */
function came(drilled: Drilled, passages: readonly Passage[], whyNot: string): Figure {
  const times = passages.flatMap(({ since: at }) => at ?? []).toSorted();
  if (times[0] !== undefined) return since(drilled, times[0]);
  if (passages.length === 0) return { unknown: whyNot };
  return never;
}

/** It did not come while it was waited for, which was as long as is allowed. */
const never: Figure = { never: "It was waited for as long as is allowed" };

function ended(drilled: Drilled, heard: readonly Passage[]): Figure {
  const here = heard.filter(({ since: at }) => at !== null);
  if (here.length === 0) return { unknown: "It was never seen to fire" };
  const over = here.map((one) => one.over);
  if (over.some((at) => at === null)) return never;
  const last =
    over
      .flatMap((at) => at ?? [])
      .toSorted()
      .at(-1) ?? "";
  return since(drilled, last);
}
