import type { ActionsBlock, Button, KnownBlock } from "@slack/types";
import { z } from "zod";
import { nextSteps, type Report } from "../reports/model.ts";
import { clean, truncate } from "../reports/render/clean.ts";

/** The names that Slack sends back when somebody presses a button under an answer. */
export const actionIds = {
  share: "report_share",
  details: "report_details",
  again: "report_again",
  next: "report_next",
} as const;

/** What a button carries: enough to find the report, or to make it again. */
export interface ButtonValue {
  readonly runId: string;
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const valueSchema: z.ZodType<ButtonValue> = z.object({
  runId: z.string().max(64),
  runbook: z.string().max(100),
  params: z.record(z.string(), z.unknown()),
});
/** Slack's limit for a button's value. */
const valueLength = 2_000;
const mostNext = 3;

/** Undefined for a value that is forged, damaged or from a version that wrote it differently. */
export function readButtonValue(text: string | undefined): ButtonValue | undefined {
  try {
    const parsed = valueSchema.safeParse(JSON.parse(text ?? ""));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The row of buttons under an answer. A posted answer is shared already. */
export function answerButtons(report: Report, options: { readonly shareable: boolean }): readonly KnownBlock[] {
  const value = encode({ runId: report.runId, runbook: report.runbook, params: report.params });
  const block: ActionsBlock = {
    type: "actions",
    elements: [
      ...(options.shareable ? [button(actionIds.share, "Share", value)] : []),
      button(actionIds.details, "Details", value),
      button(actionIds.again, "Run again", value),
      ...nextButtons(report),
    ],
  };
  return [block];
}

/** A button for each of the first runbooks that findings say would help, the worst of them first. */
export function nextButtons({ findings, runId }: Pick<Report, "findings" | "runId">): readonly Button[] {
  return nextSteps({ findings })
    .slice(0, mostNext)
    .map(({ label, runbook, params }, index) =>
      button(`${actionIds.next}_${index}`, label, encode({ runId, runbook, params })),
    );
}

function encode(value: ButtonValue): string {
  const text = JSON.stringify(value);
  return text.length <= valueLength ? text : JSON.stringify({ ...value, params: {} });
}

function button(action_id: string, label: string, value: string): Button {
  return { type: "button", action_id, text: { type: "plain_text", text: truncate(clean(label), 75) }, value };
}
