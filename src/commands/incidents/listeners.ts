import type { App } from "@slack/bolt";
import { firingOf } from "../../alerts/incident.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { mention, slackTime } from "../changes/words.ts";
import { type Asked, sayPrivately } from "../delivery/answer.ts";
import { type Handle, onPress, onSubmit, type Pressed } from "../listen.ts";
import { failureText } from "../run-and-answer.ts";
import { postCharts } from "./chart-files.ts";
import { onEscalate } from "./escalate.ts";
import { incidentActionIds } from "./incident-card.ts";
import { onRunChosen } from "./run-menu.ts";
import { silenceActionIds, silenceViewId } from "./silence.ts";
import { endSilences, onExpire, onSilence, openSilenceDialog } from "./silencing.ts";
import type { IncidentDeps } from "./surface.ts";
import { postedOf, showIncident } from "./thread.ts";
import { triageInTurn } from "./triage-reply.ts";

const actions: Readonly<Record<string, (deps: IncidentDeps, pressed: Pressed, value: string) => Promise<unknown>>> = {
  [incidentActionIds.acknowledge]: async (deps, { user }, id) => {
    const incident = await deps.incidents.amend(id, (before) =>
      before.acknowledged !== undefined || before.state === "resolved"
        ? before
        : { ...before, acknowledged: { by: user, at: deps.now().toISOString() } },
    );
    await showIncident(deps, incident);
  },
  [incidentActionIds.silence]: (deps, pressed, id) => openSilenceDialog(deps, pressed.triggerId, id),
  [incidentActionIds.expire]: (deps, _, id) => endSilences(deps, id),
  [incidentActionIds.triage]: async (deps, _, id) => {
    const incident = await deps.incidents.amend(id, (before) => before);
    const posted = postedOf(incident);
    if (posted === undefined) return;
    const { message, charts } = await triageInTurn(deps, incident);
    await deps.sender.post(posted.channel, message, { thread: posted.ts });
    await postCharts(deps, posted, charts);
  },
  [incidentActionIds.escalate]: (deps, pressed, id) => onEscalate(deps, pressed, id),
  [incidentActionIds.run]: (deps, pressed) => onRunChosen(deps, pressed),
  [silenceActionIds.begin]: (deps, pressed) => openSilenceDialog(deps, pressed.triggerId, undefined),
  [silenceActionIds.expire]: (deps, pressed, id) => onExpire(deps, pressed, id),
};

/** The buttons, menus and dialogs of incidents. */
export function listenToIncidents(app: App, deps: IncidentDeps, handle: Handle): void {
  for (const [id, act] of Object.entries(actions)) {
    onPress(app, handle, id, async (pressed) => {
      await act(deps, pressed, pressed.value ?? "").catch((error: unknown) =>
        sayPrivately(deps, pressed, failureText(deps, "incident", error)),
      );
    });
  }
  onSubmit(app, handle, silenceViewId, (view, user) => onSilence(deps, view, user));
}

/** What `/dragonfly alerts` says: what fires now, and who has it. */
export async function onAlerts(deps: IncidentDeps, asked: Asked): Promise<void> {
  const open = await deps.openIncidents().catch((error: unknown) => failureText(deps, "alerts", error));
  if (typeof open === "string") return sayPrivately(deps, asked, open);
  const lines = open
    .filter(({ state }) => state === "open")
    .map((incident) => {
      const { alertName, severity, openedAt, acknowledged } = incident;
      const who = acknowledged === undefined ? "nobody has it" : `${mention(acknowledged.by)} has it`;
      return `• *${escapedUpTo(alertName, 100)}* (${escapedUpTo(severity, 40)}), ${firingOf(incident).length} firing since ${slackTime(openedAt)}: ${who}`;
    });
  await sayPrivately(deps, asked, lines.length === 0 ? "Nothing fires." : lines.slice(0, 30).join("\n"));
}
