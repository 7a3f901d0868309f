import type { View } from "@slack/types";
import type { ApprovalPolicy } from "../../approvals/policy.ts";
import { BotError } from "../../errors.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { ChangeRunbook } from "../../runbooks/durable/definition.ts";
import type { RunDriver } from "../../runbooks/durable/driver.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { newRunId } from "../../runbooks/durable/run-id.ts";
import { type Asked, sayPrivately, whyNotThere } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import { failureText, type SurfaceDeps } from "../run-and-answer.ts";
import { type RunButtonValue, rejectViewId, runCard } from "./run-card.ts";

/** What the Slack surface needs of the change runbooks. */
export interface ChangeSurface {
  readonly runbooks: readonly ChangeRunbook[];
  readonly driver: Pick<RunDriver, "submit" | "vote" | "cancel">;
  runs(): Promise<readonly RunRecord[]>;
  policyFor(record: RunRecord): ApprovalPolicy | undefined;
  readonly now: () => Date;
}

export interface ChangeDeps extends SurfaceDeps {
  readonly changes: ChangeSurface;
}

/** Asks for a change: its card is posted first, so that whoever may approve can see it, then the run is accepted. */
export async function onChangeCommand(
  deps: ChangeDeps,
  asked: Asked,
  wanted: { readonly runbook: string; readonly params: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { changes, sender } = deps;
  const title = titleOf(changes, wanted.runbook);
  const by = `<@${asked.user}> asks for: *${escapedUpTo(title, 200)}*`;
  const posted = await sender
    .post(asked.channel, {
      text: `${title}: accepting…`,
      blocks: [{ type: "section", text: { type: "mrkdwn", text: by } }],
    })
    .catch(async (error: unknown) => {
      await sayPrivately(
        deps,
        asked,
        `A change is asked for where others can see and approve it. ${whyNotThere(slackFailure(error))}`,
      );
      return undefined;
    });
  if (posted === undefined) return;
  try {
    const record = await changes.driver.submit({
      id: newRunId(changes.now()),
      ...wanted,
      requester: { surface: "slack", id: asked.user },
      slack: posted,
    });
    await showRun(deps, record);
  } catch (error) {
    const text = failureText(deps, wanted.runbook, error);
    await sender.update(posted, {
      text,
      blocks: [{ type: "section", text: { type: "mrkdwn", text: `${by}\n:x: ${text}` } }],
    });
  }
}

/** Brings a run's card up to date; several updates that wait become one. */
export async function showRun(
  deps: Pick<ChangeDeps, "sender" | "logger" | "changes">,
  record: RunRecord,
): Promise<void> {
  if (record.slack === undefined) return;
  const card = runCard(record, titleOf(deps.changes, record.runbook), deps.changes.policyFor(record));
  await deps.sender
    .update(record.slack, card)
    .catch((err: unknown) => deps.logger.warn({ err, run: record.id }, "a run's card could not be updated"));
}

export interface RunClick extends Asked {
  readonly value: RunButtonValue;
  readonly triggerId: string;
}

export async function onApprove(deps: ChangeDeps, { user, value, ...click }: RunClick): Promise<void> {
  await orSay(deps, { user, ...click }, () =>
    deps.changes.driver.vote(value.run, { person: user, choice: "approve", digest: value.digest }),
  );
}

/** Opens the dialog that asks why, at once: the trigger lives three seconds. */
export async function onReject(deps: ChangeDeps, click: RunClick): Promise<void> {
  const view: View = {
    type: "modal",
    callback_id: rejectViewId,
    private_metadata: JSON.stringify({ ...click.value, channel: click.channel }),
    title: { type: "plain_text", text: "Reject" },
    submit: { type: "plain_text", text: "Reject" },
    close: { type: "plain_text", text: "Back" },
    blocks: [
      {
        type: "input",
        block_id: "reason",
        label: { type: "plain_text", text: "Why? The one who asked will read it." },
        element: { type: "plain_text_input", action_id: "reason", multiline: true, max_length: 500 },
      },
    ],
  };
  await deps.client.views.open({ trigger_id: click.triggerId, view }).catch(async (error: unknown) => {
    deps.logger.warn({ code: slackFailure(error).code }, "cannot open the dialog for a rejection");
    await sayPrivately(deps, click, "The dialog could not be opened. Press Reject again.");
  });
}

/** The dialog was sent off. What is wrong with it is said privately in the channel of the card. */
export async function onRejected(
  deps: ChangeDeps,
  user: string,
  value: RunButtonValue & { readonly channel: string },
  reason: string,
): Promise<void> {
  await deps.changes.driver
    .vote(value.run, { person: user, choice: "reject", digest: value.digest, reason })
    .catch(async (error: unknown) => {
      await deps.client.chat.postEphemeral({ channel: value.channel, user, text: failureText(deps, "vote", error) });
    });
}

/** Whoever asked may take it back. */
export async function onCancel(deps: ChangeDeps, { user, value, ...click }: RunClick): Promise<void> {
  await orSay(deps, { user, ...click }, async () => {
    const record = (await deps.changes.runs()).find(({ id }) => id === value.run);
    if (record !== undefined && record.requester.id !== user) {
      throw new BotError("run.not-yours", "Whoever asked for it can cancel it; everybody else can reject its plan", "");
    }
    return await deps.changes.driver.cancel(value.run, user, "");
  });
}

/** The newest runs, or those that wait for a decision. */
export async function onRuns(deps: ChangeDeps, asked: Asked, all: boolean): Promise<void> {
  const runs = await deps.changes.runs().catch((error: unknown) => failureText(deps, "runs", error));
  if (typeof runs === "string") return sayPrivately(deps, asked, runs);
  const shown = runs
    .filter(({ state }) => all || state === "waiting")
    .toReversed()
    .slice(0, 15);
  const lines = shown.map(({ id, runbook, state, requester, requestedAt }) => {
    const at = Math.floor(Date.parse(requestedAt) / 1000);
    return `• \`${id}\` ${runbook}: *${state}*, asked for by ${requester.surface === "slack" ? `<@${requester.id}>` : requester.id}, <!date^${at}^{date_short_pretty} {time}|${requestedAt}>`;
  });
  const nothing = all ? "No change has been asked for yet." : "Nothing waits for a decision.";
  await sayPrivately(deps, asked, lines.length === 0 ? nothing : lines.join("\n"));
}

async function orSay(deps: ChangeDeps, asked: Asked, act: () => Promise<RunRecord>): Promise<void> {
  try {
    const record = await act();
    if (!hasEnded(record.state)) await showRun(deps, record);
  } catch (error) {
    await sayPrivately(deps, asked, failureText(deps, "vote", error));
  }
}

function titleOf({ runbooks }: ChangeSurface, id: string): string {
  return runbooks.find((one) => one.id === id)?.title ?? id;
}
