import type { Button, KnownBlock } from "@slack/types";
import { firingOf, type Incident } from "../../alerts/incident.ts";
import type { IncidentAlert } from "../../alerts/member.ts";
import { severityRank } from "../../alerts/severity.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { context, mention, section, slackTime } from "../changes/words.ts";
import type { Message } from "../delivery/sender.ts";
import { runbookMenu } from "./run-menu.ts";
import type { ThreadDeps } from "./surface.ts";

/** The names that Slack sends back for what is under an incident. */
export const incidentActionIds = {
  acknowledge: "incident_ack",
  silence: "incident_silence",
  expire: "incident_expire",
  triage: "incident_triage",
  escalate: "incident_escalate",
  run: "incident_run",
} as const;

type CardDeps = Pick<ThreadDeps, "escalations" | "runner" | "changes">;

const mostAlerts = 8;
const mostNames = 12;
const marks: Readonly<Record<string, string>> = {
  critical: ":rotating_light:",
  error: ":rotating_light:",
  warning: ":warning:",
  info: ":information_source:",
};

/** The parent message of an incident's thread, from the first alert to the end. `mentions` only when it is posted. */
export function incidentCard(deps: CardDeps, incident: Incident, mentions = ""): Message {
  const { state, severity, summary, openedAt, resolvedAt, acknowledged, slack } = incident;
  const mark = state === "resolved" ? ":white_check_mark:" : (marks[severity] ?? ":grey_question:");
  const { title, where } = headOf(incident);
  const counts = countsOf(incident);
  const when =
    resolvedAt === undefined
      ? `since ${slackTime(openedAt)}`
      : `after ${lasted(openedAt, resolvedAt)}, until ${slackTime(resolvedAt)}`;
  const text = `${state === "resolved" ? "Resolved: " : ""}${title}${where === "" ? "" : ` (${where})`}: ${counts}`;
  const blocks: KnownBlock[] = [
    section(
      [
        `${mark} *${title}*${where === "" ? "" : ` · ${where}`}`,
        ...(summary === "" ? [] : [escapedUpTo(summary, 600)]),
        `${counts} · ${when}`,
      ].join("\n"),
    ),
  ];
  if (state === "open" && incident.description !== "") blocks.push(section(escapedUpTo(incident.description, 1_200)));
  const lines = incident.storm
    ? namesOf(incident)
    : firingOf(incident)
        .slice(0, mostAlerts)
        .flatMap((one) => lineOf(incident, one));
  if (lines.length > 0) blocks.push(section(lines.join("\n")));
  const notes = [
    `severity ${escapedUpTo(severity, 40)}`,
    ...(acknowledged === undefined ? [] : [`${mention(acknowledged.by)} has it, since ${slackTime(acknowledged.at)}`]),
    ...(isWeb(incident.runbookUrl) ? [`<${incident.runbookUrl}|what to do by hand>`] : []),
    incident.id,
  ];
  blocks.push(context(notes.join(" · ")));
  for (const { by, until, comment } of incident.silences.slice(-3)) {
    blocks.push(
      context(`:no_bell: silenced by ${mention(by)} until ${slackTime(until)}: ${escapedUpTo(comment, 300)}`),
    );
  }
  if (slack?.degraded !== undefined) blocks.push(context(`:construction: ${escapedUpTo(slack.degraded, 500)}`));
  if (mentions !== "") blocks.push(context(mentions));
  if (state === "open")
    blocks.push({
      type: "actions",
      elements: [...buttonsOf(deps, incident), ...runbookMenu(deps, incident, incidentActionIds.run)],
    });
  return { text, blocks };
}

/** How long something lasted: `12 min`. */
export function lasted(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

function headOf({ alertName, groupLabels, storm }: Incident): { readonly title: string; readonly where: string } {
  if (storm) return { title: "Alert storm", where: "too many groups at once for a thread each" };
  const labels = Object.entries(groupLabels).filter(([name]) => name !== "alertname");
  const where = labels.map(([name, value]) => `${name} ${value}`).join(", ");
  return { title: escapedUpTo(alertName, 100), where: escapedUpTo(where, 300) };
}

function buttonsOf({ escalations }: CardDeps, incident: Incident): readonly Button[] {
  const { id, acknowledged, silences } = incident;
  const button = (action_id: string, label: string): Button => ({
    type: "button",
    action_id,
    text: { type: "plain_text", text: label },
    value: id,
  });
  const next = incident.escalations.length;
  const escalate: Button = {
    ...button(incidentActionIds.escalate, next === 0 ? "Escalate…" : "Escalate further…"),
    style: "danger",
    confirm: {
      title: { type: "plain_text", text: "Call for help?" },
      text: { type: "mrkdwn", text: `This calls ${escalations[next]?.mentions ?? ""} now.` },
      confirm: { type: "plain_text", text: "Call them" },
      deny: { type: "plain_text", text: "Back" },
    },
  };
  return [
    ...(acknowledged === undefined ? [button(incidentActionIds.acknowledge, "Acknowledge")] : []),
    button(incidentActionIds.silence, "Silence…"),
    ...(silences.length === 0 ? [] : [button(incidentActionIds.expire, "End the silence")]),
    button(incidentActionIds.triage, "Triage again"),
    ...(next < escalations.length ? [escalate] : []),
  ];
}

function countsOf(incident: Incident): string {
  const { state, alerts, unlisted } = incident;
  if (state === "resolved") return `all ${alerts.length} resolved`;
  const firing = firingOf(incident).length;
  const ended = alerts.length - firing;
  const more = unlisted === 0 ? "" : `, and ${unlisted} more that are only in Alertmanager`;
  return `${firing} firing${ended === 0 ? "" : `, ${ended} resolved`}${more}`;
}

/** What tells this alert from the others of its group. */
function lineOf({ groupLabels }: Incident, { labels }: IncidentAlert): readonly string[] {
  if (labels === undefined) return [];
  const own = Object.entries(labels).filter(
    ([name]) => !(name in groupLabels) && !["severity", "job", "alertname"].includes(name),
  );
  return own.length === 0 ? [] : [`• ${escapedUpTo(own.map(([name, value]) => `${name} ${value}`).join(", "), 250)}`];
}

/** What fires in a storm, by name: the severe ones first, then the many. */
function namesOf(incident: Incident): readonly string[] {
  const counts = new Map<number, number>();
  for (const { kind = 0 } of firingOf(incident)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].map(([kind, count]) => ({ name: "", severity: "none", ...incident.kinds[kind], count }));
  const sorted = kinds.toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity) || b.count - a.count);
  const rest = sorted.slice(mostNames).reduce((sum, { count }) => sum + count, 0);
  return [
    ...sorted
      .slice(0, mostNames)
      .map(({ name, severity, count }) => `• ${count} × ${escapedUpTo(name, 60)} (${escapedUpTo(severity, 40)})`),
    ...(rest === 0 ? [] : [`• ${rest} of ${sorted.length - mostNames} other kinds`]),
  ];
}

function isWeb(url: string): boolean {
  return /^https?:\/\/[^\s<>|]+$/.test(url);
}
