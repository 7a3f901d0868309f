import type { StaticSelect } from "@slack/types";
import type { Incident } from "../../alerts/incident.ts";
import { clean, truncate } from "../../reports/render/clean.ts";
import { onChangeCommand } from "../changes/on-change.ts";
import { mention } from "../changes/words.ts";
import { sayPrivately } from "../delivery/answer.ts";
import type { AnyRunbook } from "../interpret.ts";
import type { Pressed } from "../listen.ts";
import { failureText, reportMessage } from "../run-and-answer.ts";
import { paramsOf } from "./incident-params.ts";
import type { ThreadDeps } from "./surface.ts";

const mostOptions = 100;
const separator = " ";

/** The runbooks that an incident's labels are enough for, as a menu; none when there is none. */
export function runbookMenu(
  { runner, changes }: Pick<ThreadDeps, "runner" | "changes">,
  incident: Incident,
  actionId: string,
): readonly StaticSelect[] {
  const options = [...runner.runbooks, ...changes.runbooks]
    .filter((runbook) => fits(runbook, incident))
    .slice(0, mostOptions)
    .map(({ id, title, effect }) => ({
      text: {
        type: "plain_text" as const,
        text: truncate(clean(effect === "change" ? `${title} (asks for approval)` : title), 75),
      },
      value: `${incident.id}${separator}${id}`,
    }));
  if (options.length === 0) return [];
  return [
    {
      type: "static_select",
      action_id: actionId,
      placeholder: { type: "plain_text", text: "Run a runbook…" },
      options,
    },
  ];
}

/** Runs what was chosen: its report goes into the thread, and a change is asked for as if it had been typed. */
export async function onRunChosen(deps: ThreadDeps, pressed: Pressed): Promise<void> {
  const [id = "", chosen = ""] = (pressed.value ?? "").split(separator);
  const incident = await deps.incidents.amend(id, (before) => before);
  const runbook = [...deps.runner.runbooks, ...deps.changes.runbooks].find((one) => one.id === chosen);
  // The menu is on the incident's card; whoever is quick chooses before the incident has it noted where that is.
  const { message: card } = pressed;
  if (runbook === undefined || !fits(runbook, incident) || card === undefined) {
    return sayPrivately(deps, pressed, "That runbook does not fit any more. See: `/dragonfly runbooks`");
  }
  const params = paramsOf(runbook, incident);
  if (runbook.effect === "change") {
    await onChangeCommand(deps, pressed, { runbook: chosen, params });
    return;
  }
  const { channel, ts } = card;
  try {
    const report = await deps.runner.run({
      runbook: chosen,
      params,
      requester: { surface: "slack", id: pressed.user },
    });
    void deps.reports.put(report);
    const { text, blocks = [] } = reportMessage(report, { shareable: false });
    const by = {
      type: "context" as const,
      elements: [{ type: "mrkdwn" as const, text: `Asked for by ${mention(pressed.user)}` }],
    };
    await deps.sender.post(channel, { text, blocks: [by, ...blocks] }, { thread: ts });
  } catch (error) {
    await sayPrivately(deps, pressed, failureText(deps, chosen, error));
  }
}

function fits(runbook: AnyRunbook, incident: Incident): boolean {
  return runbook.params.safeParse(paramsOf(runbook, incident)).success;
}
