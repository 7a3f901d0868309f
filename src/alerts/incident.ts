import { z } from "zod";
import type { SeenIncident } from "../platform/ports.ts";
import { type IncidentAlert, incidentAlertSchema } from "./member.ts";
import { severityRank } from "./severity.ts";

const time = z.iso.datetime();
/** A Slack id. */
const person = z.string();

export const incidentSchema = z.strictObject({
  id: z.string(),
  /** Of the alert group; what a new alert of the same group is added by. */
  key: z.string(),
  /** Too many groups at once for a thread each: this is the thread of those that came last. */
  storm: z.boolean().default(false),
  /** What fires in a storm. */
  kinds: z.array(z.strictObject({ name: z.string(), severity: z.string() })).default([]),
  groupLabels: z.record(z.string(), z.string()),
  /** Of the first alert, for people. */
  alertName: z.string(),
  severity: z.string(),
  summary: z.string(),
  description: z.string(),
  runbookUrl: z.string(),
  /** The runbook that the rule's annotation names. */
  triageRunbook: z.string().optional(),
  externalUrl: z.string(),
  /** When the first alert began. */
  openedAt: time,
  /** When the bot made the incident of it, which may be much later. */
  createdAt: time,
  state: z.enum(["open", "resolved"]),
  resolvedAt: time.optional(),
  /** The latest end of an alert that was told of. */
  lastEndAt: time.optional(),
  alerts: z.array(incidentAlertSchema),
  /** How many alerts of the group are not among them: Alertmanager left them out, or there were too many to keep. */
  unlisted: z.int().min(0).default(0),
  acknowledged: z.strictObject({ by: person, at: time }).optional(),
  /** Calls for help, the first one first. */
  escalations: z.array(z.strictObject({ by: person, at: time })).default([]),
  silences: z.array(z.strictObject({ id: z.string(), by: person, until: time, comment: z.string() })).default([]),
  slack: z
    .strictObject({
      channel: z.string(),
      ts: z.string().optional(),
      /** When somebody began to post it. */
      at: time.optional(),
      /** What the message shows, as `incidentState` names it. */
      shown: z.string().optional(),
      /** The severity that it was posted with. */
      severity: z.string().optional(),
      /** A severity whose people have heard of it before it had a thread. */
      called: z.string().optional(),
      /** Why the bot itself works with less than it has, while that is so. */
      degraded: z.string().optional(),
      /** What stands in the thread, by name; see `wantedReplies`. */
      replies: z
        .record(z.string(), z.strictObject({ at: time, ts: z.string().optional(), said: z.string().optional() }))
        .default({}),
    })
    .optional(),
});
export type Incident = z.output<typeof incidentSchema>;

/** As runbooks look at it. */
export function seenIncident(incident: Incident): SeenIncident {
  const { id, alertName, groupLabels, openedAt, createdAt, state, resolvedAt } = incident;
  const over = state === "resolved" ? { resolvedAt: resolvedAt ?? createdAt } : { resolvedAt: undefined };
  return { id, alert: alertName, labels: groupLabels, openedAt, createdAt, ...over };
}

export function firingOf({ alerts }: Incident): readonly IncidentAlert[] {
  return alerts.filter(({ status }) => status === "firing");
}

/** Changes whenever the message about the incident has to change. */
export function incidentState(incident: Incident): string {
  const { state, alerts, acknowledged, silences, severity, unlisted, escalations, slack } = incident;
  return [
    state,
    severity,
    alerts.length,
    firingOf(incident).length,
    unlisted,
    acknowledged?.by ?? "-",
    silences.length,
    escalations.length,
    slack?.degraded === undefined ? "" : "degraded",
  ].join(" ");
}

/** What has to stand in its thread, by name, in the order in which it is said. */
export function wantedReplies(incident: Incident): readonly string[] {
  const { slack, state, severity, escalations, resolvedAt } = incident;
  const worse = slack?.severity !== undefined && severityRank(severity) < severityRank(slack.severity);
  return [
    ...(worse && state === "open" ? [`severity ${severity}`] : []),
    ...escalations.map((_, index) => `escalation ${index + 1}`),
    ...(state === "open" ? ["triage"] : []),
    ...(state === "resolved" && resolvedAt !== undefined ? ["summary"] : []),
  ];
}

/** Those that are not there yet. */
export function missingReplies(incident: Incident): readonly string[] {
  return wantedReplies(incident).filter((name) => incident.slack?.replies[name]?.ts === undefined);
}

/** Whether something is left to be done in its thread: the message is behind, or a reply is missing. */
export function isThreadBehind(incident: Incident): boolean {
  const { slack } = incident;
  return slack !== undefined && (slack.shown !== incidentState(incident) || missingReplies(incident).length > 0);
}

/** Whether there is something left to do about it: it is open, or its thread does not show yet that it is over. */
export function isIncidentOpen(incident: Incident): boolean {
  return incident.state === "open" || isThreadBehind(incident);
}
