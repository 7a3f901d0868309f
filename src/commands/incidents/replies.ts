import type { Incident } from "../../alerts/incident.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { mention, section } from "../changes/words.ts";
import type { Message } from "../delivery/sender.ts";
import { lasted } from "./incident-card.ts";
import type { ThreadDeps } from "./surface.ts";

/** The last word in a thread: how long it took, who had it, what it was. */
export function summaryReply(incident: Incident): Message {
  const { alerts, openedAt, resolvedAt, acknowledged, silences, escalations, slack } = incident;
  const count = alerts.length === 1 ? "1 alert" : `${alerts.length} alerts`;
  const who =
    acknowledged === undefined
      ? "Nobody acknowledged it."
      : `${mention(acknowledged.by)} acknowledged it ${lasted(openedAt, acknowledged.at)} after it began.`;
  const called =
    escalations.length === 0
      ? []
      : [`It was escalated ${escalations.length === 1 ? "once" : `${escalations.length} times`}.`];
  const quiet =
    silences.length === 0 ? [] : [`Silenced by ${[...new Set(silences.map(({ by }) => mention(by)))].join(", ")}.`];
  const said = slack?.replies["triage"]?.said;
  const text = [
    `:white_check_mark: *Over after ${lasted(openedAt, resolvedAt ?? openedAt)}*, ${count}. ${who}`,
    ...called,
    ...quiet,
    ...(said === undefined ? [] : [`What the triage said: ${escapedUpTo(said, 600)}`]),
  ].join(" ");
  return { text, blocks: [section(text)] };
}

/** What the thread says of a call for help. */
export function escalationReply(
  { escalations }: Pick<ThreadDeps, "escalations">,
  incident: Incident,
  level: number,
): Message | undefined {
  const call = incident.escalations[level - 1];
  if (call === undefined) return undefined;
  const text = `:sos: ${escalations[level - 1]?.mentions ?? ""}: ${mention(call.by)} asks for your help with this.`;
  return { text, blocks: [section(text)] };
}

/** What the thread says when an incident has become worse; undefined when that calls nobody else. */
export function severityReply(
  { mentionsFor }: Pick<ThreadDeps, "mentionsFor">,
  { severity, slack }: Incident,
): Message | undefined {
  const mentions = mentionsFor(severity);
  if (mentions === "" || mentions === mentionsFor(slack?.severity ?? "none")) return undefined;
  const text = `This is *${escapedUpTo(severity, 40)}* now. ${mentions}`;
  return { text, blocks: [section(text)] };
}
