import { onAudit, onChangeCommand, onRuns } from "./changes/on-change.ts";
import type { ChangeDeps } from "./changes/surface.ts";
import { type Asked, answerPrivately, answerPublicly, sayPrivately } from "./delivery/answer.ts";
import { onAlerts } from "./incidents/listeners.ts";
import { onSilences } from "./incidents/silencing.ts";
import type { IncidentDeps } from "./incidents/surface.ts";
import { interpret } from "./interpret.ts";
import { openForm, showPlan } from "./planning/planning.ts";
import { runAndAnswer } from "./run-and-answer.ts";

export interface CommandDeps extends ChangeDeps, IncidentDeps {}

/** A slash command, with the three seconds in which it may open a dialog. */
export interface Commanded extends Asked {
  readonly triggerId: string;
}

/** A slash command, already acknowledged. */
export async function onCommand(deps: CommandDeps, asked: Commanded, text: string): Promise<void> {
  const intent = interpret(text, [...deps.runner.runbooks, ...deps.changes.runbooks]);
  if (intent.kind === "form") {
    return await openForm(deps, { ...asked, askIn: asked.channel }, intent.runbook, intent.given);
  }
  if (intent.kind === "preview") return await showPlan(deps, asked, intent);
  if (intent.kind === "change") {
    await onChangeCommand(deps, asked, intent);
    return;
  }
  if (intent.kind === "runs") return await onRuns(deps, asked, intent.all);
  if (intent.kind === "alerts") return await onAlerts(deps, asked);
  if (intent.kind === "silences") return await onSilences(deps, asked);
  if (intent.kind === "audit") return await onAudit(deps, asked, intent.filter);
  if (intent.kind === "say") {
    await sayPrivately(deps, asked, intent.text);
    return;
  }
  const note = `Reading ${intent.runbook}…`;
  const answer = intent.share ? answerPublicly(deps, asked, note) : answerPrivately(deps, asked, note);
  await runAndAnswer(
    deps,
    { runbook: intent.runbook, params: intent.params, user: asked.user, shareable: !intent.share },
    answer,
  );
}
