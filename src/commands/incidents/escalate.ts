import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { mention, section } from "../changes/words.ts";
import { type Asked, sayPrivately } from "../delivery/answer.ts";
import type { ThreadDeps } from "./surface.ts";
import { showIncident } from "./thread.ts";

/** Somebody asks for help: the next ones in dfbot.yaml are called, each level once. */
export async function onEscalate(deps: ThreadDeps, asked: Asked, id: string): Promise<void> {
  let refused: string | undefined;
  const incident = await deps.incidents.amend(id, (before) => {
    const { escalations, state } = before;
    const last = escalations.at(-1);
    refused =
      state === "resolved"
        ? "This is over; nobody was called."
        : escalations.length >= deps.escalations.length
          ? "Everybody that dfbot.yaml names in alerts.escalations has been called."
          : // Two people who press it at once mean the same.
            last !== undefined && deps.now().getTime() - Date.parse(last.at) < 30_000
            ? `${mention(last.by)} called for help just now.`
            : undefined;
    if (refused !== undefined) return before;
    return { ...before, escalations: [...escalations, { by: asked.user, at: deps.now().toISOString() }] };
  });
  if (refused !== undefined) return sayPrivately(deps, asked, refused);
  await showIncident(deps, incident);
  const level = deps.escalations[incident.escalations.length - 1];
  if (level?.channel === undefined || incident.slack?.ts === undefined) return;
  const { permalink } = await deps.client.chat.getPermalink({
    channel: incident.slack.channel,
    message_ts: incident.slack.ts,
  });
  const what = escapedUpTo(incident.alertName, 100);
  const text = `:sos: ${level.mentions}: ${mention(asked.user)} asks for your help with *${what}*: ${permalink ?? ""}`;
  await deps.sender.post(level.channel, { text, blocks: [section(text)] }, { importance: 10 });
}
