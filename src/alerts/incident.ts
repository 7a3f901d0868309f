import { createHash } from "node:crypto";
import { z } from "zod";
import type { Alert, AlertBatch } from "./payload.ts";

const time = z.iso.datetime();

const memberSchema = z.strictObject({
  /** `fingerprint/startsAt` */
  identity: z.string(),
  status: z.enum(["firing", "resolved"]),
  endsAt: time.optional(),
  /** Kept of the first ones: a storm is counted, not spelled out. */
  labels: z.record(z.string(), z.string()).optional(),
});
export type IncidentAlert = z.infer<typeof memberSchema>;

export const incidentSchema = z.strictObject({
  id: z.string(),
  /** Of the alert group; what a new alert of the same group is added by. */
  key: z.string(),
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
  openedAt: time,
  state: z.enum(["open", "resolved"]),
  resolvedAt: time.optional(),
  alerts: z.array(memberSchema),
  acknowledged: z.strictObject({ by: z.string(), at: time }).optional(),
  silences: z.array(z.strictObject({ id: z.string(), by: z.string(), until: time, comment: z.string() })).default([]),
  slack: z
    .strictObject({
      channel: z.string(),
      ts: z.string().optional(),
      postingAt: time.optional(),
      /** What the message shows, as `incidentState` names it. */
      shown: z.string().optional(),
      /** How the triage in the thread came out: the first line. */
      triaged: z.string().optional(),
      triagingAt: time.optional(),
    })
    .optional(),
});
export type Incident = z.infer<typeof incidentSchema>;

const detailed = 100;
/** A group that fires again so soon is the same incident: a flapping alert does not make a row of threads. */
const reopensWithinMs = 10 * 60_000;

/** The same for every notification of a group, whichever Alertmanager sends it and however its routes are named. */
export function groupKeyOf({ groupLabels, alerts }: Pick<AlertBatch, "groupLabels" | "alerts">): string {
  const [first] = alerts;
  const labels = Object.keys(groupLabels).length > 0 ? groupLabels : (first?.labels ?? {});
  const sorted = Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}

/** A new incident for a notification that has a firing alert; undefined when there is none: nobody was told of what resolves. */
export function openIncident(batch: AlertBatch, channel: string | undefined): Incident | undefined {
  const firing = batch.alerts.filter(({ status }) => status === "firing");
  const first = firing.toSorted((a, b) => a.startsAt.localeCompare(b.startsAt))[0];
  if (first === undefined) return undefined;
  const key = groupKeyOf(batch);
  const { labels, annotations, startsAt } = first;
  const stamp = startsAt.replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-");
  const base: Incident = {
    id: `i-${stamp}-${key}`,
    key,
    groupLabels: { ...batch.groupLabels },
    alertName: labels["alertname"] ?? "alert",
    severity: worstSeverity(firing),
    summary: annotations["summary"] ?? "",
    description: annotations["description"] ?? "",
    runbookUrl: annotations["runbook_url"] ?? "",
    ...(annotations["dfbot_runbook"] === undefined ? {} : { triageRunbook: annotations["dfbot_runbook"] }),
    externalUrl: batch.externalUrl,
    openedAt: startsAt,
    state: "open",
    alerts: [],
    silences: [],
    ...(channel === undefined ? {} : { slack: { channel } }),
  };
  return fold(base, batch.alerts, new Date(startsAt));
}

/**
 * What alerts make of an incident. The same alerts again change nothing; a firing that arrives after its own end was told of stays
 * ended; an alert that is absent is not taken for resolved. Returns the incident itself when nothing changed.
 */
export function fold(incident: Incident, alerts: readonly Alert[], now: Date): Incident {
  const members = new Map(incident.alerts.map((member) => [member.identity, member]));
  let changed = false;
  for (const alert of alerts) {
    const before = members.get(alert.identity);
    if (before !== undefined && (before.status === alert.status || before.status === "resolved")) continue;
    const end = alert.endsAt === undefined ? {} : { endsAt: alert.endsAt };
    const labels = before?.labels ?? (members.size < detailed ? { ...alert.labels } : undefined);
    members.set(alert.identity, {
      identity: alert.identity,
      status: alert.status,
      ...(alert.status === "resolved" ? end : {}),
      ...(labels === undefined ? {} : { labels }),
    });
    changed = true;
  }
  if (!changed) return incident;
  const all = [...members.values()];
  const severity = worstOf([incident.severity, worstSeverity(alerts.filter(({ status }) => status === "firing"))]);
  return settled({ ...incident, alerts: all, severity }, now);
}

/** Alerts that Alertmanager no longer knows of: they were resolved while nobody could tell us. */
export function resolveMissing(incident: Incident, known: ReadonlySet<string>, now: Date): Incident {
  const gone = (member: IncidentAlert) => member.status === "firing" && !known.has(member.identity);
  if (!incident.alerts.some(gone)) return incident;
  const alerts = incident.alerts.map(
    (member): IncidentAlert => (gone(member) ? { ...member, status: "resolved", endsAt: now.toISOString() } : member),
  );
  return settled({ ...incident, alerts }, now);
}

/** Whether an alert of this group belongs to this incident. */
export function takes(incident: Incident, key: string, now: Date): boolean {
  if (incident.key !== key) return false;
  if (incident.state === "open") return true;
  return incident.resolvedAt !== undefined && now.getTime() - Date.parse(incident.resolvedAt) < reopensWithinMs;
}

export function firingOf({ alerts }: Incident): readonly IncidentAlert[] {
  return alerts.filter(({ status }) => status === "firing");
}

/** Changes whenever the message about the incident has to change. */
export function incidentState(incident: Incident): string {
  const { state, alerts, acknowledged, silences, severity } = incident;
  return [state, severity, alerts.length, firingOf(incident).length, acknowledged?.by ?? "-", silences.length].join(
    " ",
  );
}

/** Whether there is something left to do about it: it is open, or its message does not show yet that it is over. */
export function isIncidentOpen(incident: Incident): boolean {
  return (
    incident.state === "open" || (incident.slack !== undefined && incident.slack.shown !== incidentState(incident))
  );
}

function settled(incident: Incident, now: Date): Incident {
  const { resolvedAt: _, ...open } = incident;
  if (firingOf(incident).length > 0) return { ...open, state: "open" };
  const ends = incident.alerts.flatMap(({ endsAt }) => endsAt ?? []).toSorted();
  return { ...incident, state: "resolved", resolvedAt: ends.at(-1) ?? now.toISOString() };
}

const order = ["critical", "error", "warning", "info"];

function worstSeverity(alerts: readonly Alert[]): string {
  return worstOf(alerts.map(({ labels }) => labels["severity"] ?? "none"));
}

/** Severities that nobody told us of come last. */
function worstOf(severities: readonly string[]): string {
  const rank = (severity: string) => {
    const at = order.indexOf(severity);
    return at === -1 ? order.length + (severity === "none" ? 1 : 0) : at;
  };
  return severities.toSorted((a, b) => rank(a) - rank(b))[0] ?? "none";
}
