import { setTimeout as sleep } from "node:timers/promises";
import type { App, BlockAction, ViewOutput, ViewResponseAction, ViewSubmitAction } from "@slack/bolt";
import type { ModalView } from "@slack/types";
import { LRUCache } from "lru-cache";
import { onChangeCommand } from "../changes/on-change.ts";
import type { ChangeDeps } from "../changes/surface.ts";
import { section } from "../changes/words.ts";
import { sayPrivately } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import { noResponseUrl } from "../delivery/response-url.ts";
import { type Handle, onPress, type Pressed } from "../listen.ts";
import { fieldActionId } from "./fields.ts";
import { formOrigin, formViewId, readForm, whileTyping } from "./form-view.ts";
import { planActionIds, planningView, planViewId, readPlanButton, readPlanView } from "./plan-view.ts";
import { changeNamed, fillPlan, newPlanKey } from "./planning.ts";

export { fieldActionId, planActionIds };

/** Somebody who types is not interrupted; this long after the last letter what is wrong is said. */
const typingMs = 400;

/** The forms of changes, their plans, and the buttons under them. */
export function listenToPlans(app: App, deps: ChangeDeps, handle: Handle, outdated: string): void {
  /** The newest thing that somebody did in a form: what came before is not looked at any more. */
  const newest = new LRUCache<string, string>({ max: 1_000 });

  app.action<BlockAction>({ type: "block_actions", action_id: fieldActionId }, ({ body, action, ack }) =>
    handle(
      fieldActionId,
      () => ack(),
      `action:${action.action_ts}:${body.user.id}:${fieldActionId}`,
      async () => {
        const { view } = body;
        if (view === undefined) return;
        newest.set(view.id, action.action_ts);
        await sleep(typingMs);
        if (newest.get(view.id) === action.action_ts) await showHints(deps, view);
      },
    ),
  );
  app.view<ViewSubmitAction>(formViewId, ({ body, view, ack }) => {
    newest.delete(view.id);
    const { answer, work } = formSent(deps, view, body.user.id, outdated);
    return handle(
      formViewId,
      () => ack(answer),
      // Not the view: it may be gone back to and sent off again.
      `form:${body.trigger_id}`,
      work,
    );
  });
  app.view<ViewSubmitAction>(planViewId, ({ body, view, ack }) =>
    handle(
      planViewId,
      () => ack({ response_action: "clear" }),
      `plan:${body.trigger_id}`,
      () => planAccepted(deps, view.private_metadata, body.user.id, outdated),
    ),
  );
  onPress(app, handle, planActionIds.ask, (pressed) => planButtonPressed(deps, pressed, outdated));
}

interface Answered {
  readonly answer: ViewResponseAction;
  readonly work: () => Promise<void>;
}

/** What a form is answered with at once, and what is done then. Looks at nothing but the form: the ack waits for it. */
function formSent(deps: ChangeDeps, view: ViewOutput, user: string, outdated: string): Answered {
  const origin = formOrigin(view.private_metadata);
  const runbook = origin === undefined ? undefined : changeNamed(deps, origin.runbook);
  const nothing = async () => undefined;
  if (origin === undefined || runbook === undefined) {
    return { answer: { response_action: "update", view: sentence(outdated) }, work: nothing };
  }
  const sent = readForm(runbook, origin, view.state.values);
  if (!sent.ok) return { answer: { response_action: "errors", errors: sent.errors }, work: nothing };
  const key = newPlanKey();
  const { params, channel } = sent;
  return {
    answer: { response_action: "push", view: planningView(runbook.title, key) },
    work: () => fillPlan(deps, user, { runbook, params, channel, key }),
  };
}

async function planAccepted(deps: ChangeDeps, privateMetadata: string, user: string, outdated: string): Promise<void> {
  const accepted = readPlanView(privateMetadata);
  const asked = { user, channel: accepted?.channel ?? user, responseUrl: noResponseUrl };
  if (accepted === undefined) return sayPrivately(deps, asked, outdated);
  await onChangeCommand(deps, asked, accepted.planned);
}

async function planButtonPressed(deps: ChangeDeps, pressed: Pressed, outdated: string): Promise<void> {
  const planned = readPlanButton(pressed.value);
  if (planned === undefined) return sayPrivately(deps, pressed, outdated);
  if (!(await onChangeCommand(deps, pressed, planned))) return;
  const text = `Asked for: run \`${planned.run}\`. Its card is in this channel.`;
  await pressed.responseUrl
    .send({ replace_original: true, text })
    .catch((err: unknown) => deps.logger.warn({ err }, "a plan that was asked for keeps its button"));
}

/** Says at the fields what is wrong so far, when that has changed. */
async function showHints(deps: ChangeDeps, view: ViewOutput): Promise<void> {
  const origin = formOrigin(view.private_metadata);
  const runbook = origin === undefined ? undefined : changeNamed(deps, origin.runbook);
  if (origin === undefined || runbook === undefined) return;
  const { choices, operationsChannel: offeredChannel } = deps.changes;
  const wanted = whileTyping({ runbook, choices, channel: origin.channel, offeredChannel }, view.state.values);
  if (hintsOf(wanted.blocks) === hintsOf(view.blocks)) return;
  await deps.client.views.update({ view_id: view.id, view: wanted }).catch((err: unknown) => {
    // Closed meanwhile.
    if (slackFailure(err).kind !== "gone") deps.logger.warn({ err }, "the hints of a form could not be shown");
  });
}

function hintsOf(
  blocks: readonly { readonly block_id?: string; readonly hint?: { readonly text?: string } }[],
): string {
  return JSON.stringify(blocks.flatMap(({ block_id, hint }) => (hint === undefined ? [] : [[block_id, hint.text]])));
}

function sentence(text: string): ModalView {
  return {
    type: "modal",
    title: { type: "plain_text", text: "Plan" },
    close: { type: "plain_text", text: "Close" },
    blocks: [section(text)],
  };
}
