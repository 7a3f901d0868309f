import { createHash } from "node:crypto";
import { firingOf, type Incident } from "./incident.ts";
import type { IncidentAlert } from "./member.ts";
import type { Alert, AlertBatch } from "./payload.ts";
import { worstSeverity } from "./severity.ts";

/** So many of an incident's alerts are kept with their labels, and so many at all: an object of the cluster holds 1 MiB. */
const detailed = 50;
const mostAlerts = 16_000;
const mostKinds = 200;
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
export function openIncident(batch: AlertBatch, now: Date): Incident | undefined {
  const firing = batch.alerts.filter(({ status }) => status === "firing");
  const first = firing.toSorted((a, b) => a.startsAt.localeCompare(b.startsAt))[0];
  if (first === undefined) return undefined;
  const key = groupKeyOf(batch);
  const { labels, annotations, startsAt } = first;
  const stamp = startsAt.replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-");
  const base: Incident = {
    id: `i-${stamp}-${key}`,
    key,
    storm: false,
    kinds: [],
    groupLabels: shortened(batch.groupLabels),
    alertName: labels["alertname"] ?? "alert",
    severity: severityOf(firing),
    summary: (annotations["summary"] ?? "").slice(0, 1_000),
    description: (annotations["description"] ?? "").slice(0, 3_000),
    runbookUrl: annotations["runbook_url"] ?? "",
    ...(annotations["dfbot_runbook"] === undefined ? {} : { triageRunbook: annotations["dfbot_runbook"] }),
    externalUrl: batch.externalUrl,
    openedAt: startsAt,
    createdAt: now.toISOString(),
    state: "open",
    alerts: [],
    unlisted: 0,
    escalations: [],
    silences: [],
  };
  return fold(base, [batch], now);
}

/**
 * What notifications make of an incident, one after the other. The same again changes nothing; a firing that arrives after its own
 * end was told of stays ended; an alert that is absent is not taken for resolved. Returns the incident itself when nothing changed.
 */
export function fold(incident: Incident, batches: readonly AlertBatch[], now: Date): Incident {
  const alerts = batches.flatMap((batch) => batch.alerts);
  if (alerts.length === 0) return incident;
  const members = new Map(incident.alerts.map((member) => [member.identity, member]));
  const kinds = [...incident.kinds];
  let changed = false;
  let unlisted = incident.storm
    ? Math.max(...batches.map(({ truncated }) => truncated))
    : (batches.at(-1)?.truncated ?? 0);
  for (const alert of alerts) {
    const before = members.get(alert.identity);
    if (before !== undefined && (before.status === alert.status || before.status === "resolved")) continue;
    if (before === undefined && members.size >= mostAlerts) {
      if (alert.status === "firing") unlisted += 1;
      continue;
    }
    members.set(
      alert.identity,
      memberOf(alert, before, incident.storm ? kindOf(alert, kinds) : undefined, members.size),
    );
    changed = true;
  }
  // In a storm each notification tells of another group.
  if (incident.storm) unlisted = Math.max(unlisted, incident.unlisted);
  if (!changed && (unlisted === incident.unlisted || incident.state === "resolved")) return incident;
  const severity = worstSeverity([incident.severity, severityOf(alerts.filter(({ status }) => status === "firing"))]);
  const ends = alerts.flatMap(({ endsAt }) => endsAt ?? []);
  return settled({ ...incident, kinds, alerts: [...members.values()], severity, unlisted }, ends, now);
}

/** Alerts that Alertmanager no longer knows of: they were resolved while nobody could tell us. */
export function resolveMissing(incident: Incident, known: ReadonlySet<string>, now: Date): Incident {
  const gone = (member: IncidentAlert) => member.status === "firing" && !known.has(member.identity);
  if (!incident.alerts.some(gone)) return incident;
  const alerts = incident.alerts.map(
    (member): IncidentAlert => (gone(member) ? { ...member, status: "resolved" } : member),
  );
  return settled({ ...incident, alerts }, [now.toISOString()], now);
}

/** An incident without the silences that are over. */
export function withoutSilences(incident: Incident, ended: ReadonlySet<string>): Incident {
  const left = incident.silences.filter(({ id }) => !ended.has(id));
  return left.length === incident.silences.length ? incident : { ...incident, silences: left };
}

/** Whether an alert of this group belongs to this incident. */
export function takes(incident: Incident, key: string, now: Date): boolean {
  if (incident.key !== key) return false;
  if (incident.state === "open") return true;
  return incident.resolvedAt !== undefined && now.getTime() - Date.parse(incident.resolvedAt) < reopensWithinMs;
}

function memberOf(
  alert: Alert,
  before: IncidentAlert | undefined,
  kind: number | undefined,
  size: number,
): IncidentAlert {
  const labels = before?.labels ?? (size < detailed ? shortened(alert.labels) : undefined);
  return {
    identity: alert.identity,
    status: alert.status,
    ...(kind === undefined ? {} : { kind }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/** Which of the kinds an alert is, after adding its own when that is new. */
function kindOf({ labels }: Alert, kinds: Incident["kinds"]): number {
  const { alertname = "alert", severity = "none" } = labels;
  const same = kinds.findIndex((kind) => kind.name === alertname && kind.severity === severity);
  if (same !== -1) return same;
  if (kinds.length >= mostKinds) return mostKinds - 1;
  return kinds.push({ name: alertname.slice(0, 100), severity: severity.slice(0, 40) }) - 1;
}

/** Open while one alert fires; over at the latest end that was told of. */
function settled(incident: Incident, ends: readonly string[], now: Date): Incident {
  const { resolvedAt: _, lastEndAt, ...rest } = incident;
  const latest = [...ends, ...(lastEndAt === undefined ? [] : [lastEndAt])].toSorted().at(-1);
  const ended = latest === undefined ? {} : { lastEndAt: latest };
  if (firingOf(incident).length > 0) return { ...rest, ...ended, state: "open" };
  return { ...rest, ...ended, state: "resolved", resolvedAt: latest ?? now.toISOString(), unlisted: 0 };
}

function severityOf(alerts: readonly Alert[]): string {
  return worstSeverity(alerts.map(({ labels }) => labels["severity"] ?? "none"));
}

function shortened(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, 20)
      .map(([name, value]) => [name.slice(0, 60), value.slice(0, 120)]),
  );
}
