import type { App, BlockAction, ButtonAction, ViewSubmitAction } from "@slack/bolt";
import type { Incident } from "../../alerts/incident.ts";
import { firingOf } from "../../alerts/incident.ts";
import type { AlertManager } from "../../alerts/manager.ts";
import type { Handle } from "../changes/listeners.ts";
import { mention, slackTime } from "../changes/words.ts";
import { type Asked, sayPrivately } from "../delivery/answer.ts";
import { openResponseUrl } from "../delivery/response-url.ts";
import { failureText } from "../run-and-answer.ts";
import { incidentActionIds } from "./incident-card.ts";
import { parseMatchers, silencedIncident, silenceView, silenceViewId } from "./silence.ts";
import { showIncident, type ThreadDeps, triage } from "./thread.ts";

export interface IncidentDeps extends ThreadDeps {
  readonly alertManager: AlertManager;
  openIncidents(): Promise<readonly Incident[]>;
}

type Act = (deps: IncidentDeps, id: string, user: string, triggerId: string) => Promise<unknown>;

const timeoutMs = 5_000;

const buttons: Readonly<Record<string, Act>> = {
  [incidentActionIds.acknowledge]: async (deps, id, user) => {
    const incident = await deps.incidents.amend(id, (before) =>
      before.acknowledged !== undefined || before.state === "resolved"
        ? before
        : { ...before, acknowledged: { by: user, at: deps.now().toISOString() } },
    );
    await showIncident(deps, incident);
  },
  [incidentActionIds.silence]: async (deps, id, _, triggerId) => {
    const incident = await deps.incidents.amend(id, (before) => before);
    await deps.client.views.open({ trigger_id: triggerId, view: silenceView(incident) });
  },
  [incidentActionIds.expire]: async (deps, id) => {
    const { silences } = await deps.incidents.amend(id, (before) => before);
    for (const one of silences) await deps.alertManager.expire(one.id, AbortSignal.timeout(timeoutMs));
    const ended = new Set(silences.map((one) => one.id));
    const edit = (before: Incident) =>
      before.silences.length === 0
        ? before
        : { ...before, silences: before.silences.filter((one) => !ended.has(one.id)) };
    await showIncident(deps, await deps.incidents.amend(id, edit));
  },
  [incidentActionIds.triage]: async (deps, id) => {
    await triage(deps, await deps.incidents.amend(id, (before) => before));
  },
};

/** The buttons under incidents. */
export function listenToIncidents(app: App, deps: IncidentDeps, handle: Handle): void {
  for (const [id, act] of Object.entries(buttons)) {
    app.action<BlockAction<ButtonAction>>({ type: "block_actions", action_id: id }, ({ body, action, ack }) =>
      handle(
        id,
        () => ack(),
        `action:${action.action_ts}:${body.user.id}:${id}`,
        async () => {
          const responseUrl = openResponseUrl(body.response_url);
          const asked: Asked = { user: body.user.id, channel: body.channel?.id ?? body.user.id, responseUrl };
          await act(deps, action.value ?? "", body.user.id, body.trigger_id).catch((error: unknown) =>
            sayPrivately(deps, asked, failureText(deps, "incident", error)),
          );
        },
      ),
    );
  }
  app.view<ViewSubmitAction>(silenceViewId, ({ body, view, ack }) =>
    handle(
      silenceViewId,
      () => ack(),
      `view:${view.id}:${view.hash}:${body.user.id}`,
      () => onSilence(deps, view, body.user.id),
    ),
  );
}

/** The dialog was sent off; a second delivery of it makes no second silence. */
async function onSilence(deps: IncidentDeps, view: ViewSubmitAction["view"], user: string): Promise<void> {
  const id = silencedIncident(view.private_metadata);
  const value = (name: string) => view.state.values[name]?.[name];
  const hours = Number(value("hours")?.selected_option?.value ?? 1);
  const comment = value("comment")?.value ?? "";
  const endsAt = new Date(deps.now().getTime() + hours * 3_600_000);
  const incident = await deps.incidents.amend(id, (before) => before);
  try {
    const silence = await deps.alertManager.silence(
      {
        key: `dfbot ${id} ${view.id}`,
        matchers: parseMatchers(value("matchers")?.value ?? ""),
        endsAt,
        createdBy: `dfbot for ${user}`,
        comment,
      },
      AbortSignal.timeout(timeoutMs),
    );
    const note = { id: silence, by: user, until: endsAt.toISOString(), comment };
    const edit = (before: Incident) =>
      before.silences.some((one) => one.id === silence) ? before : { ...before, silences: [...before.silences, note] };
    await showIncident(deps, await deps.incidents.amend(id, edit));
  } catch (error) {
    const channel = incident.slack?.channel ?? user;
    await deps.client.chat.postEphemeral({ channel, user, text: failureText(deps, "silence", error) });
  }
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
      return `• *${alertName}* (${severity}), ${firingOf(incident).length} firing since ${slackTime(openedAt)}: ${who}`;
    });
  await sayPrivately(deps, asked, lines.length === 0 ? "Nothing fires." : lines.slice(0, 30).join("\n"));
}
