import { createHash } from "node:crypto";
import { z } from "zod";
import { BotError } from "../errors.ts";
import { amendRecord } from "../records/amend.ts";
import type { RecordStore } from "../records/store.ts";
import { groupKeyOf } from "./fold.ts";
import { firingOf, type Incident } from "./incident.ts";
import type { Alert, AlertBatch } from "./payload.ts";

/** The last time that an always-firing alert was heard of: as long as it comes, alerting works from the rules to the bot. */
export const heartbeatSchema = z.strictObject({
  id: z.string(),
  /** Of the alert: several clusters may each have their own. */
  labels: z.record(z.string(), z.string()),
  lastAt: z.iso.datetime(),
  /** Of the Alertmanager that sent it. */
  externalUrl: z.string(),
});
export type Heartbeat = z.output<typeof heartbeatSchema>;

/** Seen by every process of the bot: each of them hears only of a part of the notifications. */
export type HeartbeatStore = RecordStore<Heartbeat>;

export const silentAlert = "AlertingSilent";

/** The heartbeat that a notification is, when it is of the always-firing alert and of nothing else. */
export function heartbeatOf(batch: AlertBatch, watchdog: string, receivedAt: string): Heartbeat | undefined {
  const [first] = batch.alerts;
  const firing = batch.alerts.every(({ status, labels }) => status === "firing" && labels["alertname"] === watchdog);
  if (first === undefined || !firing) return undefined;
  const { alertname: _, severity: __, ...labels } = { ...first.labels, ...batch.groupLabels };
  return { id: groupKeyOf(batch), labels, lastAt: receivedAt, externalUrl: batch.externalUrl };
}

/**
 * What is told of a heartbeat: that it has been away for too long, or that it is back. The alert's identity comes from the last
 * beat before the silence, so every process of the bot tells of the same one.
 */
export function silenceBatch(heartbeat: Heartbeat, lastBeat: string, end?: string): AlertBatch {
  const groupLabels = { alertname: silentAlert, ...heartbeat.labels };
  const fingerprint = createHash("sha256").update(heartbeat.id).digest("hex").slice(0, 16);
  const alert: Alert = {
    identity: `${fingerprint}/${lastBeat}`,
    fingerprint,
    status: end === undefined ? "firing" : "resolved",
    startsAt: lastBeat,
    endsAt: end,
    labels: { ...groupLabels, severity: "critical" },
    annotations: {
      summary: "The alert that always fires has stopped coming: other alerts may not reach anybody either",
      description:
        "Between the rules and this bot something is broken: the metrics store, the evaluation of the rules, Alertmanager, or the way from it to the bot. Until it is mended, look at the cluster yourself: /dragonfly status.",
      dfbot_runbook: "alerting",
    },
    generatorUrl: "",
  };
  return {
    groupKey: "",
    groupLabels,
    receiver: "dfbot",
    externalUrl: heartbeat.externalUrl,
    truncated: 0,
    alerts: [alert],
  };
}

/** Hears heartbeats, and tells when one has been away for too long, and when it is back. */
export interface WatchdogWatch {
  heard(heartbeat: Heartbeat): Promise<void>;
  look(open: readonly Incident[]): Promise<void>;
}

export function createWatchdogWatch(deps: {
  readonly store: HeartbeatStore;
  readonly silentMs: number;
  readonly now: () => Date;
  tell(batch: AlertBatch): Promise<void>;
}): WatchdogWatch {
  const { store, silentMs, now } = deps;
  // Whoever was not there has heard nothing: silence is counted from the start on.
  const since = now().getTime();
  return {
    heard: async (heartbeat) => {
      const kept = await amendRecord(store, heartbeat.id, (before) =>
        before.lastAt >= heartbeat.lastAt ? before : heartbeat,
      );
      if (kept !== undefined) return;
      await store.create(heartbeat).catch((error: unknown) => {
        // The other process heard its first one now, too.
        if (!(error instanceof BotError && error.code === "heartbeat.exists")) throw error;
      });
    },
    look: async (open) => {
      const silent = open.filter(({ alertName, state }) => alertName === silentAlert && state === "open");
      for (const { record } of await store.list()) {
        const lastAt = Date.parse(record.lastAt);
        if (now().getTime() - Math.max(lastAt, since) > silentMs) {
          await deps.tell(silenceBatch(record, record.lastAt));
          continue;
        }
        const [fingerprint = ""] = silenceBatch(record, record.lastAt).alerts[0]?.identity.split("/") ?? [];
        for (const { identity } of silent.flatMap(firingOf)) {
          const [of, before = ""] = identity.split("/");
          if (of !== fingerprint || Date.parse(before) >= lastAt) continue;
          await deps.tell(silenceBatch(record, before, record.lastAt));
        }
      }
    },
  };
}
