import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModalView } from "@slack/types";
import { slashLine, wordsOf } from "../../runbooks/command-words.ts";
import type { ChangeRunbook } from "../../runbooks/durable/definition.ts";
import { newRunId } from "../../runbooks/durable/run-id.ts";
import { previewIdOf, previewOf } from "../../runbooks/preview.ts";
import { onChangeCommand, type WantedChange } from "../changes/on-change.ts";
import type { ChangeDeps } from "../changes/surface.ts";
import { type Asked, answerPrivately, sayPrivately } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import { patiently } from "../delivery/sender.ts";
import { failureText } from "../run-and-answer.ts";
import { formView } from "./form-view.ts";
import { type Plan, planMessage, planView } from "./plan-view.ts";

type Params = Readonly<Record<string, unknown>>;

/** Where a form is opened from. */
export interface Opening extends Asked {
  /** Lives three seconds. */
  readonly triggerId: string;
  /** Where the change is asked for; undefined: the form asks. */
  readonly askIn: string | undefined;
}

/** Opens the form of a change at once; it needs nothing that would have to be read first. */
export async function openForm(
  deps: ChangeDeps,
  opening: Opening,
  id: string,
  given: Readonly<Record<string, string | true>>,
): Promise<void> {
  const { changes, client, logger } = deps;
  const runbook = changeNamed(deps, id);
  if (runbook === undefined)
    return sayPrivately(deps, opening, `There is no change ${id}. See: \`/dragonfly runbooks\``);
  const { choices, operationsChannel: offeredChannel } = changes;
  const view = formView({ runbook, given, choices, channel: opening.askIn, offeredChannel });
  await client.views.open({ trigger_id: opening.triggerId, view }).catch(async (error: unknown) => {
    const { code } = slackFailure(error);
    logger.warn({ code, runbook: id }, "cannot open the form of a change");
    const missing = Object.fromEntries(runbook.positional.map((name) => [name, given[name] ?? "…"]));
    const line = slashLine(wordsOf(id, changes.runbooks), missing);
    await sayPrivately(deps, opening, `The form could not be opened. Ask again, or give what it needs: \`${line}\``);
  });
}

/** Plans a change whose words are complete, and shows the plan to the one who asked, with the button that asks for it. */
export async function showPlan(deps: ChangeDeps, asked: Asked, wanted: WantedChange): Promise<void> {
  const words = wordsOf(wanted.runbook, deps.changes.runbooks).join(" ");
  const answer = answerPrivately(deps, asked, `Planning ${words}…`);
  const plan = await makePlan(deps, asked.user, wanted.runbook, wanted.params);
  if ("problem" in plan) return await answer.finish({ text: plan.problem });
  await answer.finish(planMessage(plan), plan.report.runId);
}

/** Asks for a change as if it had been typed: its plan first, when it has one; its form when something is missing. */
export async function askAsTyped(
  deps: ChangeDeps,
  opening: Opening,
  { runbook: id, params }: WantedChange,
): Promise<void> {
  const runbook = changeNamed(deps, id);
  if (runbook === undefined || previewOf(id, deps.runner.runbooks) === undefined) {
    await onChangeCommand(deps, opening, { runbook: id, params });
    return;
  }
  const parsed = runbook.params.safeParse(params);
  if (parsed.success) return await showPlan(deps, opening, { runbook: id, params: parsed.data });
  const words = Object.entries(params).flatMap(([name, value]) =>
    ["string", "number"].includes(typeof value) ? [[name, String(value)] as const] : [],
  );
  await openForm(deps, opening, id, Object.fromEntries(words));
}

/** A change to be planned in a dialog that is on the screen already. */
export interface Planning {
  readonly runbook: ChangeRunbook;
  readonly params: Params;
  /** Where it is going to be asked for. */
  readonly channel: string;
  /** The external id of the dialog. */
  readonly key: string;
}

export function newPlanKey(): string {
  return `plan-${randomUUID()}`;
}

/** Plans, and shows the plan in the dialog. Nothing is left to do when that was closed meanwhile. */
export async function fillPlan(
  deps: ChangeDeps,
  user: string,
  { runbook, params, channel, key }: Planning,
): Promise<void> {
  const plan = await makePlan(deps, user, runbook.id, params);
  await replaceView(deps, key, planView(runbook.title, key, plan, channel)).catch(async (err: unknown) => {
    if (slackFailure(err).kind === "gone") return;
    deps.logger.warn({ err, runbook: runbook.id }, "a plan could not be shown");
    const words = wordsOf(runbook.id, deps.changes.runbooks).join(" ");
    const problem = `Slack would not take the plan; \`dfbot ${words} --dry-run\` in a terminal prints it.`;
    await replaceView(deps, key, planView(runbook.title, key, { problem }, channel)).catch(() => undefined);
  });
}

export function changeNamed({ changes }: Pick<ChangeDeps, "changes">, id: string): ChangeRunbook | undefined {
  return changes.runbooks.find((one) => one.id === id);
}

async function makePlan(deps: ChangeDeps, user: string, runbook: string, params: Params): Promise<Plan> {
  const { changes, runner, reports } = deps;
  try {
    const requester = { surface: "slack", id: user } as const;
    const report = await runner.run({ runbook: previewIdOf(runbook), params, requester });
    void reports.put(report);
    // Whoever may not ask for it may still look at it.
    const refusal = await changes.permit(runbook, user).then(
      () => undefined,
      (error: unknown) => failureText(deps, runbook, error),
    );
    return { report, planned: { run: newRunId(changes.now()), runbook, params }, refusal };
  } catch (error) {
    return { problem: failureText(deps, runbook, error) };
  }
}

/** Slack may be asked for a dialog before it has put it on the screen, because both go their own ways. */
const whenThereMs = [150, 300, 600, 1_200];

async function replaceView({ client }: ChangeDeps, key: string, view: ModalView): Promise<void> {
  for (const pause of [...whenThereMs, undefined]) {
    try {
      await patiently(() => client.views.update({ external_id: key, view }));
      return;
    } catch (error) {
      if (pause === undefined || slackFailure(error).kind !== "gone") throw error;
      await sleep(pause);
    }
  }
}
