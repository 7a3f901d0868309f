import type { ViewSubmitAction } from "@slack/bolt";
import { withoutSilences } from "../../alerts/fold.ts";
import type { Incident } from "../../alerts/incident.ts";
import type { Silence } from "../../alerts/manager.ts";
import { type Asked, sayPrivately } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import type { Pressed } from "../listen.ts";
import { failureText } from "../run-and-answer.ts";
import { parseMatchers, silenceActionIds, silenceBlocks, silencedIncident, silenceView } from "./silence.ts";
import type { IncidentDeps } from "./surface.ts";
import { showIncident } from "./thread.ts";

const timeoutMs = 5_000;
const signal = () => AbortSignal.timeout(timeoutMs);

/** Opens the dialog at once, because the trigger lives three seconds, and lists what is silenced already when that is known. */
export async function openSilenceDialog(deps: IncidentDeps, triggerId: string, id: string | undefined): Promise<void> {
  const incident = id === undefined ? undefined : await deps.incidents.amend(id, (before) => before);
  const opened = await deps.client.views.open({ trigger_id: triggerId, view: silenceView(incident, undefined) });
  const viewId = opened.view?.id;
  const existing = await deps.alertManager.silences(signal()).catch((): readonly Silence[] => []);
  if (viewId === undefined) return;
  await deps.client.views.update({ view_id: viewId, view: silenceView(incident, existing) }).catch((err: unknown) => {
    // Sent off or closed meanwhile.
    if (slackFailure(err).kind !== "gone") deps.logger.warn({ err }, "the silences could not be listed");
  });
}

/** The dialog was sent off; a second delivery of it makes no second silence. */
export async function onSilence(deps: IncidentDeps, view: ViewSubmitAction["view"], user: string): Promise<void> {
  const id = silencedIncident(view.private_metadata);
  const value = (name: string) => view.state.values[name]?.[name];
  const hours = Number(value("hours")?.selected_option?.value ?? 1);
  const comment = value("comment")?.value ?? "";
  const endsAt = new Date(deps.now().getTime() + hours * 3_600_000);
  try {
    const silence = await deps.alertManager.silence(
      {
        key: `dfbot ${id ?? "command"} ${view.id}`,
        matchers: parseMatchers(value("matchers")?.value ?? ""),
        endsAt,
        createdBy: `dfbot for ${user}`,
        comment,
      },
      signal(),
    );
    if (id === undefined) {
      await tell(deps, user, ":no_bell: Silenced. `/dragonfly silence` lists what is silenced.");
      return;
    }
    const note = { id: silence, by: user, until: endsAt.toISOString(), comment };
    const edit = (before: Incident) =>
      before.silences.some((one) => one.id === silence) ? before : { ...before, silences: [...before.silences, note] };
    await showIncident(deps, await deps.incidents.amend(id, edit));
  } catch (error) {
    await tell(deps, user, failureText(deps, "silence", error));
  }
}

/** Ends all silences of an incident. */
export async function endSilences(deps: IncidentDeps, id: string): Promise<void> {
  const { silences } = await deps.incidents.amend(id, (before) => before);
  for (const one of silences) await deps.alertManager.expire(one.id, signal());
  const ended = new Set(silences.map((one) => one.id));
  await showIncident(deps, await deps.incidents.amend(id, (before) => withoutSilences(before, ended)));
}

/** Ends one silence of a list, and shows what is left. */
export async function onExpire(deps: IncidentDeps, pressed: Pressed, id: string): Promise<void> {
  await deps.alertManager.expire(id, signal());
  for (const { id: incident, silences } of await deps.openIncidents()) {
    if (!silences.some((one) => one.id === id)) continue;
    await showIncident(deps, await deps.incidents.amend(incident, (before) => withoutSilences(before, new Set([id]))));
  }
  if (pressed.view === undefined) {
    const text = "That silence is over.";
    await pressed.responseUrl.send({
      response_type: "ephemeral",
      replace_original: true,
      ...(await listMessage(deps, text)),
    });
    return;
  }
  const about = silencedIncident(pressed.view.privateMetadata);
  const incident = about === undefined ? undefined : await deps.incidents.amend(about, (before) => before);
  const existing = await deps.alertManager.silences(signal());
  await deps.client.views.update({ view_id: pressed.view.id, view: silenceView(incident, existing) });
}

/** What `/dragonfly silence` says: what is silenced, with a button for each end and for a new one. */
export async function onSilences(deps: IncidentDeps, asked: Asked): Promise<void> {
  const message = await listMessage(deps, "What is silenced").catch((error: unknown) =>
    failureText(deps, "silence", error),
  );
  if (typeof message === "string") return await sayPrivately(deps, asked, message);
  await asked.responseUrl.send({ response_type: "ephemeral", replace_original: false, ...message });
}

async function listMessage({ alertManager }: IncidentDeps, text: string) {
  const existing = await alertManager.silences(signal());
  const begin = {
    type: "actions" as const,
    elements: [
      {
        type: "button" as const,
        action_id: silenceActionIds.begin,
        text: { type: "plain_text" as const, text: "New silence…" },
        value: "new",
      },
    ],
  };
  return { text, blocks: [...silenceBlocks(existing), begin] };
}

async function tell({ client, sender }: IncidentDeps, user: string, text: string): Promise<void> {
  const opened = await client.conversations.open({ users: user });
  await sender.post(opened.channel?.id ?? user, { text });
}
