import type { KnownBlock, ModalView } from "@slack/types";
import { z } from "zod";
import type { Report } from "../../reports/model.ts";
import { deedsFindingId, diffOf } from "../../reports/plan-report.ts";
import { planInMessage, planInView, slackPlan } from "../../reports/render/slack-plan.ts";
import { actionIds } from "../buttons.ts";
import { section } from "../changes/words.ts";
import type { Message } from "../delivery/sender.ts";
import { titleFor } from "./form-view.ts";

export const planViewId = "plan_view";
export const planActionIds = { ask: "plan_ask" } as const;

/** A change that was planned and may be asked for. */
export interface Planned {
  /** Of the run that it becomes: asked for twice, it is one. */
  readonly run: string;
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
}
const plannedSchema: z.ZodType<Planned> = z.object({
  run: z.string().max(64),
  runbook: z.string().max(100),
  params: z.record(z.string(), z.unknown()),
});
const inViewSchema = z.object({ channel: z.string(), planned: plannedSchema });

/** What came of planning: a report, or why there is none; `refusal`: why this person may not ask for it. */
export type Plan =
  | { readonly report: Report; readonly planned: Planned; readonly refusal: string | undefined }
  | { readonly problem: string };

/** What asks for it: a change of files is a merge request first. */
const askWords = (report: Report) => (isOfFiles(report) ? "Open merge request" : "Ask for approval");
/** Slack's limits for what a view and a button carry. */
const metadataLength = 3_000;
const valueLength = 2_000;

/** The dialog on top of the form, while the plan is made. `key` is how it is found again. */
export function planningView(title: string, key: string): ModalView {
  return dialog(title, key, [section(":hourglass_flowing_sand: Planning… Nothing is written.")]);
}

/** The plan, with the button that asks for it unless a check fails. */
export function planView(title: string, key: string, plan: Plan, channel: string): ModalView {
  if ("problem" in plan) return dialog(title, key, [section(plan.problem)]);
  const { blocks } = slackPlan(plan.report, planInView);
  const private_metadata = JSON.stringify({ channel, planned: plan.planned });
  const obstacle = obstacleOf(plan, private_metadata.length <= metadataLength);
  const view = dialog(title, key, [...blocks, section(obstacle ?? afterwards(plan.report, channel))]);
  if (obstacle !== undefined) return view;
  return { ...view, private_metadata, submit: { type: "plain_text", text: askWords(plan.report) } };
}

/** The same as a private message. */
export function planMessage(plan: Exclude<Plan, { readonly problem: string }>): Message {
  const { report, planned } = plan;
  const { text, blocks } = slackPlan(report, planInMessage);
  const value = JSON.stringify(planned);
  const obstacle = obstacleOf(plan, value.length <= valueLength);
  const details = JSON.stringify({ runId: report.runId, runbook: report.runbook, params: report.params });
  const buttons: KnownBlock = {
    type: "actions",
    elements: [
      ...(obstacle === undefined
        ? [
            {
              type: "button" as const,
              action_id: planActionIds.ask,
              style: "primary" as const,
              text: { type: "plain_text" as const, text: askWords(report) },
              value,
            },
          ]
        : []),
      ...(details.length <= valueLength
        ? [
            {
              type: "button" as const,
              action_id: actionIds.details,
              text: { type: "plain_text" as const, text: "Details" },
              value: details,
            },
          ]
        : []),
    ],
  };
  const closing = obstacle ?? `${asYet(report)} It is asked for in this channel, where others decide about it.`;
  return { text, blocks: [...blocks, section(closing), ...(buttons.elements.length === 0 ? [] : [buttons])] };
}

/** What the dialog of a plan asks for; undefined when it is from another version. */
export function readPlanView(privateMetadata: string): z.infer<typeof inViewSchema> | undefined {
  return parsed(privateMetadata, inViewSchema);
}

/** What the button under a plan asks for; undefined when it is from another version. */
export function readPlanButton(value: string | undefined): Planned | undefined {
  return parsed(value ?? "", plannedSchema);
}

function obstacleOf(
  { report, refusal }: Exclude<Plan, { readonly problem: string }>,
  fits: boolean,
): string | undefined {
  if (report.verdict === "fail")
    return "*It cannot be asked for like this.* Put right what is marked above, and plan it again.";
  if (!isOfFiles(report) && report.verdict === "unknown")
    return "*It cannot be asked for yet.* Plan it again when what is marked above can be read.";
  if (isOfFiles(report) && diffOf(report) === "")
    return "*There is nothing to ask for.* Plan it again when what is missing above can be read.";
  if (refusal !== undefined) return refusal;
  return fits ? undefined : "This is too long for a button of Slack's: shorten its texts, and plan it again.";
}

function isOfFiles({ findings }: Report): boolean {
  return findings.every(({ id }) => id !== deedsFindingId);
}

function asYet(report: Report): string {
  return isOfFiles(report) ? "Nothing is written yet." : "Nothing is done yet.";
}

function afterwards(report: Report, channel: string): string {
  const where = /^[CG]/.test(channel) ? `<#${channel}>` : "the conversation you came from";
  return `${asYet(report)} It is asked for in ${where}, where others decide about it.`;
}

function dialog(title: string, key: string, blocks: readonly KnownBlock[]): ModalView {
  return {
    type: "modal",
    callback_id: planViewId,
    external_id: key,
    title: { type: "plain_text", text: titleFor(title) },
    close: { type: "plain_text", text: "Back" },
    blocks: [...blocks],
  };
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
