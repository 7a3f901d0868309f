import type { Button, KnownBlock } from "@slack/types";
import { firingOf, type Incident, type IncidentAlert } from "../../alerts/incident.ts";
import { truncate } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { context, mention, section, slackTime } from "../changes/words.ts";
import type { Message } from "../delivery/sender.ts";

export const incidentActionIds = {
  acknowledge: "incident_ack",
  silence: "incident_silence",
  expire: "incident_expire",
  triage: "incident_triage",
} as const;

const mostAlerts = 8;
const marks: Readonly<Record<string, string>> = {
  critical: ":rotating_light:",
  error: ":rotating_light:",
  warning: ":warning:",
  info: ":information_source:",
};

/** The parent message of an incident's thread, from the first alert to the end. `mentions` only when it is posted. */
export function incidentCard(incident: Incident, mentions = ""): Message {
  const { alertName, state, severity, summary, openedAt, resolvedAt, acknowledged } = incident;
  const firing = firingOf(incident);
  const mark = state === "resolved" ? ":white_check_mark:" : (marks[severity] ?? ":grey_question:");
  const labels = Object.entries(incident.groupLabels).filter(([name]) => name !== "alertname");
  const where = labels.map(([name, value]) => `${name} ${value}`).join(", ");
  const counts = state === "resolved" ? `all ${incident.alerts.length} resolved` : countsOf(incident, firing.length);
  const lasted =
    resolvedAt === undefined
      ? `since ${slackTime(openedAt)}`
      : `${duration(openedAt, resolvedAt)}, until ${slackTime(resolvedAt)}`;
  const text = `${state === "resolved" ? "Resolved: " : ""}${escapedUpTo(alertName, 100)}${where === "" ? "" : ` (${escapedUpTo(where, 200)})`}: ${counts}`;
  const blocks: KnownBlock[] = [
    section(
      [
        `${mark} *${escapedUpTo(alertName, 100)}*${where === "" ? "" : ` · ${escapedUpTo(where, 300)}`}`,
        ...(summary === "" ? [] : [escapedUpTo(summary, 600)]),
        `${counts} · ${lasted}`,
      ].join("\n"),
    ),
  ];
  if (state === "open" && incident.description !== "") blocks.push(section(escapedUpTo(incident.description, 1_200)));
  const lines = firing.slice(0, mostAlerts).flatMap((one) => lineOf(incident, one));
  if (lines.length > 0) blocks.push(section(truncate(lines.join("\n"), 2_500)));
  const notes = [
    `severity ${escapedUpTo(severity, 40)}`,
    ...(acknowledged === undefined ? [] : [`${mention(acknowledged.by)} has it, since ${slackTime(acknowledged.at)}`]),
    ...(isWeb(incident.runbookUrl) ? [`<${incident.runbookUrl}|what to do by hand>`] : []),
    incident.id,
  ];
  blocks.push(context(notes.join(" · ")));
  for (const { by, until, comment } of incident.silences) {
    blocks.push(
      context(`:no_bell: silenced by ${mention(by)} until ${slackTime(until)}: ${escapedUpTo(comment, 300)}`),
    );
  }
  if (mentions !== "") blocks.push(context(mentions));
  const buttons = buttonsOf(incident);
  if (buttons.length > 0) blocks.push({ type: "actions", elements: [...buttons] });
  return { text, blocks };
}

function buttonsOf({ id, state, acknowledged, silences }: Incident): readonly Button[] {
  const button = (action_id: string, label: string): Button => ({
    type: "button",
    action_id,
    text: { type: "plain_text", text: label },
    value: id,
  });
  if (state === "resolved") return [];
  return [
    ...(acknowledged === undefined ? [button(incidentActionIds.acknowledge, "Acknowledge")] : []),
    button(incidentActionIds.silence, "Silence…"),
    ...(silences.length === 0 ? [] : [button(incidentActionIds.expire, "End the silence")]),
    button(incidentActionIds.triage, "Triage again"),
  ];
}

function countsOf({ alerts }: Incident, firing: number): string {
  const ended = alerts.length - firing;
  return `${firing} firing${ended === 0 ? "" : `, ${ended} resolved`}`;
}

/** What tells this alert from the others of its group. */
function lineOf({ groupLabels }: Incident, { labels }: IncidentAlert): readonly string[] {
  if (labels === undefined) return [];
  const own = Object.entries(labels).filter(
    ([name]) => !(name in groupLabels) && !["severity", "job", "alertname"].includes(name),
  );
  return own.length === 0 ? [] : [`• ${escapedUpTo(own.map(([name, value]) => `${name} ${value}`).join(", "), 250)}`];
}

function duration(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000));
  if (seconds < 120) return `after ${seconds} s`;
  if (seconds < 7_200) return `after ${Math.round(seconds / 60)} min`;
  return `after ${Math.round(seconds / 3_600)} h`;
}

function isWeb(url: string): boolean {
  return /^https?:\/\/[^\s<>|]+$/.test(url);
}
