import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import type { Incident } from "../../alerts/incident.ts";
import { firingOf } from "../../alerts/incident.ts";
import type { Handle } from "../changes/listeners.ts";
import { mention, slackTime } from "../changes/words.ts";
import { type Asked, sayPrivately } from "../delivery/answer.ts";
import { openResponseUrl } from "../delivery/response-url.ts";
import { failureText } from "../run-and-answer.ts";
import { incidentActionIds } from "./incident-card.ts";
import { showIncident, type ThreadDeps, triage } from "./thread.ts";

export interface IncidentDeps extends ThreadDeps {
  openIncidents(): Promise<readonly Incident[]>;
}

type Act = (deps: IncidentDeps, id: string, user: string) => Promise<unknown>;

const buttons: Readonly<Record<string, Act>> = {
  [incidentActionIds.acknowledge]: async (deps, id, user) => {
    const incident = await deps.incidents.amend(id, (before) =>
      before.acknowledged !== undefined || before.state === "resolved"
        ? before
        : { ...before, acknowledged: { by: user, at: deps.now().toISOString() } },
    );
    await showIncident(deps, incident);
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
          await act(deps, action.value ?? "", body.user.id).catch((error: unknown) =>
            sayPrivately(deps, asked, failureText(deps, "incident", error)),
          );
        },
      ),
    );
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
