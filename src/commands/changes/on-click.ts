import type { View } from "@slack/types";
import { BotError } from "../../errors.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { type Asked, sayPrivately } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import { failureText } from "../run-and-answer.ts";
import { showRun, titleOf } from "./card.ts";
import { detailsView } from "./details.ts";
import { onChangeCommand } from "./on-change.ts";
import { type RunButtonValue, reasonViewIds } from "./run-buttons.ts";
import type { ChangeDeps } from "./surface.ts";

export interface RunClick extends Asked {
  readonly value: RunButtonValue;
  readonly triggerId: string;
}

export async function onApprove(deps: ChangeDeps, { user, value, ...click }: RunClick): Promise<void> {
  await orSay(deps, { user, ...click }, () =>
    deps.changes.driver.vote(value.run, { person: user, choice: "approve", digest: value.digest }),
  );
}

/** What a dialog that asks why carries until it is sent off. */
export interface ReasonValue extends RunButtonValue {
  readonly channel: string;
}

const dialogs = {
  reject: { title: "Reject", label: "Why? The one who asked will read it." },
  breakGlass: { title: "Break glass", label: "Why can it not wait for the others? Everybody will read it." },
} as const;

/** Opens the dialog that asks why, at once: the trigger lives three seconds. */
export async function onAskWhy(deps: ChangeDeps, click: RunClick, what: keyof typeof dialogs): Promise<void> {
  const { title, label } = dialogs[what];
  const value: ReasonValue = { ...click.value, channel: click.channel };
  const view: View = {
    type: "modal",
    callback_id: reasonViewIds[what],
    private_metadata: JSON.stringify(value),
    title: { type: "plain_text", text: title },
    submit: { type: "plain_text", text: what === "reject" ? "Reject" : "Go ahead alone" },
    close: { type: "plain_text", text: "Back" },
    blocks: [
      {
        type: "input",
        block_id: "reason",
        label: { type: "plain_text", text: label },
        element: { type: "plain_text_input", action_id: "reason", multiline: true, max_length: 500 },
      },
    ],
  };
  await openView(deps, click, view, title);
}

/** The dialog was sent off. What is wrong with it is said privately in the channel of the card. */
export async function onReason(
  deps: ChangeDeps,
  user: string,
  { run, digest, channel }: ReasonValue,
  choice: "reject" | "break-glass",
  reason: string,
): Promise<void> {
  try {
    const record = await deps.changes.driver.vote(run, { person: user, choice, digest, reason });
    if (choice === "break-glass") await shout(deps, record, user, reason);
  } catch (error) {
    await deps.client.chat.postEphemeral({ channel, user, text: failureText(deps, "vote", error) });
  }
}

/** Whoever asked may take it back. */
export async function onCancel(deps: ChangeDeps, { user, value, ...click }: RunClick): Promise<void> {
  await orSay(deps, { user, ...click }, async () => {
    const record = await deps.changes.run(value.run);
    if (record !== undefined && record.requester.id !== user) {
      throw new BotError("run.not-yours", "Whoever asked for it can cancel it; everybody else can reject its plan", "");
    }
    return await deps.changes.driver.cancel(value.run, user, "");
  });
}

/** Whoever may ask for the runbook may have it tried again. */
export async function onRerun(deps: ChangeDeps, { user, value, ...click }: RunClick): Promise<void> {
  await orSay(deps, { user, ...click }, async () => {
    const record = await deps.changes.run(value.run);
    if (record !== undefined) await deps.changes.permit(record.runbook, user);
    return await deps.changes.driver.rerun(value.run, user);
  });
}

/** The same is asked for anew, by whoever presses; the old run stays as it ended. */
export async function onAskAgain(deps: ChangeDeps, click: RunClick): Promise<void> {
  const record = await deps.changes.run(click.value.run).catch((error: unknown) => failureText(deps, "run", error));
  if (record === undefined || typeof record === "string") return sayPrivately(deps, click, record ?? forgotten(click));
  await onChangeCommand(deps, click, { runbook: record.runbook, params: record.params });
}

export async function onRunDetails(deps: ChangeDeps, click: RunClick): Promise<void> {
  const record = await deps.changes.run(click.value.run).catch((error: unknown) => failureText(deps, "run", error));
  if (record === undefined || typeof record === "string") {
    return sayPrivately(deps, click, record ?? forgotten(click));
  }
  await openView(deps, click, detailsView(record, titleOf(deps.changes, record.runbook)), "Details");
}

function forgotten({ value }: RunClick): string {
  return `Run ${value.run} is not kept any more; the audit log has it.`;
}

async function openView(deps: ChangeDeps, click: RunClick, view: View, button: string): Promise<void> {
  await deps.client.views.open({ trigger_id: click.triggerId, view }).catch(async (error: unknown) => {
    deps.logger.warn({ code: slackFailure(error).code, button }, "cannot open a dialog");
    await sayPrivately(deps, click, `The dialog could not be opened. Press ${button} again.`);
  });
}

/** Going ahead alone is never quiet. */
async function shout(deps: ChangeDeps, record: RunRecord, user: string, reason: string): Promise<void> {
  const channel = deps.changes.auditChannel ?? record.slack?.channel;
  if (channel === undefined) return;
  const title = titleOf(deps.changes, record.runbook);
  const text = `:rotating_light: <!here> *Break glass*: <@${user}> goes ahead alone with *${escapedUpTo(title, 200)}* (run ${record.id}, asked for by <@${record.requester.id}>): “${escapedUpTo(reason, 500)}”`;
  await deps.sender
    .post(channel, { text, blocks: [{ type: "section", text: { type: "mrkdwn", text } }] })
    .catch((err: unknown) => deps.logger.error({ err, run: record.id, user }, "a break-glass could not be announced"));
}

async function orSay(deps: ChangeDeps, asked: Asked, act: () => Promise<RunRecord>): Promise<void> {
  try {
    const record = await act();
    if (!hasEnded(record.state)) await showRun(deps, record);
  } catch (error) {
    await sayPrivately(deps, asked, failureText(deps, "vote", error));
  }
}
