import { groupKeyOf } from "./fold.ts";
import type { Incident } from "./incident.ts";

/** How many threads may be opened in a channel in a while; what comes beyond that shares one. */
export interface StormRule {
  readonly threads: number;
  readonly minutes: number;
}

const worst = "critical";

/**
 * Whether a new group gets no thread of its own. Half of the threads are kept for the critical ones: a flood of warnings must
 * not hide what matters.
 */
export function isStorm(
  { threads, minutes }: StormRule,
  incidents: readonly Incident[],
  { channel, severity }: { readonly channel: string; readonly severity: string },
  now: Date,
): boolean {
  const since = now.getTime() - minutes * 60_000;
  const recent = incidents.filter(
    (one) => one.slack?.channel === channel && !one.storm && Date.parse(one.createdAt) >= since,
  );
  if (severity === worst) return recent.length >= threads;
  return recent.length >= threads || recent.filter((one) => one.severity !== worst).length >= Math.ceil(threads / 2);
}

/** The incident that shares its thread, made of the first group that goes there. */
export function asStorm(incident: Incident, channel: string): Incident {
  const groupLabels = { alertname: "AlertStorm", channel };
  const key = groupKeyOf({ groupLabels, alerts: [] });
  return {
    ...incident,
    id: `${incident.id.slice(0, incident.id.lastIndexOf("-"))}-${key}`,
    key,
    storm: true,
    groupLabels: {},
    alertName: "AlertStorm",
    summary: "",
    description: "",
    runbookUrl: "",
    kinds: [{ name: incident.alertName, severity: incident.severity }],
    alerts: incident.alerts.map((member) => ({ ...member, kind: 0 })),
  };
}
