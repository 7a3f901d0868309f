import type { Button } from "@slack/types";
import { z } from "zod";
import type { ApprovalPolicy } from "../../approvals/policy.ts";
import { type ApprovalCheckpoint, hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";

/** The names that Slack sends back for what is on a run's card. */
export const runActionIds = {
  approve: "run_approve",
  reject: "run_reject",
  breakGlass: "run_break_glass",
  cancel: "run_cancel",
  details: "run_details",
  rerun: "run_rerun",
  again: "run_again",
} as const;

/** The dialogs that ask why. */
export const reasonViewIds = { reject: "run_reject_reason", breakGlass: "run_break_glass_reason" } as const;

/** What a button of a card carries: which run, and which plan the person saw. */
export interface RunButtonValue {
  readonly run: string;
  readonly digest: string;
}
const valueSchema = z.object({ run: z.string().max(64), digest: z.string().max(64) });

/** Undefined for a value that is forged, damaged or from another version. */
export function readRunButton(text: string | undefined): RunButtonValue | undefined {
  try {
    return valueSchema.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** The buttons of a run as it is now. Who may press them is checked when they are pressed. */
export function buttonsOf(record: RunRecord, policy: ApprovalPolicy | undefined): readonly Button[] {
  const asked = askedOf(record);
  const open = record.state === "waiting" && asked?.outcome === undefined && record.cancel === undefined;
  return [
    ...(open && asked !== undefined
      ? [button(record, "approve", "Approve", "primary"), button(record, "reject", "Reject", "danger")]
      : []),
    ...(open && asked !== undefined && (policy?.breakGlass ?? []).length > 0
      ? [button(record, "breakGlass", "Break glass…")]
      : []),
    ...(asked === undefined ? [] : [detailsButton(record)]),
    ...(hasEnded(record.state) || record.cancel !== undefined ? [] : [button(record, "cancel", "Cancel")]),
    ...(canGoOn(record) ? [button(record, "rerun", "Go on from the failed step")] : []),
    ...(hasEnded(record.state) && record.state !== "succeeded" ? [button(record, "again", "Make a new plan")] : []),
  ];
}

export function detailsButton(record: RunRecord): Button {
  return button(record, "details", "Details");
}

/** The newest question that a run asked. */
export function askedOf({ checkpoints }: RunRecord): ApprovalCheckpoint | undefined {
  return checkpoints.findLast((one): one is ApprovalCheckpoint => one.kind === "approval");
}

function canGoOn({ state, checkpoints }: RunRecord): boolean {
  return state === "failed" && checkpoints.some((one) => one.kind === "step" && one.failure !== undefined);
}

function button(
  record: RunRecord,
  action: keyof typeof runActionIds,
  label: string,
  style?: "primary" | "danger",
): Button {
  const value: RunButtonValue = { run: record.id, digest: askedOf(record)?.digest ?? "" };
  return {
    type: "button",
    action_id: runActionIds[action],
    text: { type: "plain_text", text: label },
    value: JSON.stringify(value),
    ...(style === undefined ? {} : { style }),
  };
}
