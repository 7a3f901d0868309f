import type { Button, KnownBlock } from "@slack/types";
import { z } from "zod";
import { planSchema, shortDigest } from "../../approvals/plan.ts";
import type { ApprovalPolicy } from "../../approvals/policy.ts";
import { clean, truncate } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { type ApprovalCheckpoint, hasEnded, type RunRecord, type RunState } from "../../runbooks/durable/record.ts";
import type { Message } from "../delivery/sender.ts";

/** The names that Slack sends back for what is on a run's card. */
export const runActionIds = { approve: "run_approve", reject: "run_reject", cancel: "run_cancel" } as const;
export const rejectViewId = "run_reject_reason";

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

const states: Readonly<Record<RunState, string>> = {
  queued: ":hourglass_flowing_sand: Accepted",
  running: ":gear: At work",
  waiting: ":raised_hand: Waiting for approval",
  sleeping: ":zzz: Waiting",
  succeeded: ":white_check_mark: Done",
  failed: ":x: Failed",
  rejected: ":no_entry: Rejected",
  expired: ":stopwatch: Expired: nobody decided in time",
  cancelled: ":black_square_for_stop: Cancelled",
};

/** The one message that shows a run, from the request to the end. A pure function of the record and the policy. */
export function runCard(record: RunRecord, title: string, policy: ApprovalPolicy | undefined): Message {
  const asked = record.checkpoints.findLast((one): one is ApprovalCheckpoint => one.kind === "approval");
  const plan = planSchema.safeParse(asked?.plan);
  const head = plan.success ? plan.data.title : title;
  const text = `${head}: ${states[record.state].replace(/^:\w+: /, "")}`;
  const blocks: KnownBlock[] = [
    section(`*${escapedUpTo(head, 200)}*\n${states[record.state]} · asked for by ${person(record.requester)}`),
  ];
  if (plan.success) {
    const { effects, preconditions, risk, target, digest } = plan.data;
    const lines = [
      `*The plan* for ${target}, risk ${risk}`,
      ...effects.map(({ description }) => `• ${escapedUpTo(description, 300)}`),
      ...(preconditions.length === 0
        ? []
        : [`*Only if:* ${preconditions.map(({ description }) => escapedUpTo(description, 200)).join("; ")}`]),
    ];
    blocks.push(section(truncate(lines.join("\n"), 2_900)), context(`plan ${shortDigest(digest)}`));
  }
  if (asked !== undefined) blocks.push(context(decision(asked, policy)));
  const steps = record.checkpoints.flatMap((one) => (one.kind === "step" ? [one] : []));
  if (steps.length > 0) {
    const line = steps.map(
      ({ name, doneAt, failure }) =>
        `${failure !== undefined ? "✖" : doneAt === undefined ? "…" : "✔"} ${escapedUpTo(name, 80)}`,
    );
    blocks.push(context(truncate(line.join("  "), 1_900)));
  }
  if (record.failure !== undefined) {
    blocks.push(section(escapedUpTo(`${record.failure.message}. ${record.failure.next}`, 2_500)));
  }
  const summary = z.object({ summary: z.string() }).safeParse(record.conclusion);
  if (summary.success) blocks.push(section(escapedUpTo(summary.data.summary, 1_000)));
  if (record.cancel !== undefined) blocks.push(context(`cancelled by ${mention(record.cancel.by)}`));
  blocks.push(context(`${record.runbook} · run ${record.id}`));
  const buttons = buttonsOf(record, asked);
  if (buttons.length > 0) blocks.push({ type: "actions", elements: [...buttons] });
  return { text, blocks };
}

function decision({ votes, outcome, expiresAt }: ApprovalCheckpoint, policy: ApprovalPolicy | undefined): string {
  const said = votes.map(
    ({ person: who, choice, reason }) =>
      `${choice === "reject" ? "✖" : "✔"} ${mention(who)}${reason === "" ? "" : ` “${escapedUpTo(reason, 300)}”`}`,
  );
  const end = Math.floor(Date.parse(expiresAt) / 1000);
  const needed =
    policy === undefined
      ? "nobody may approve this: dfbot.yaml has no policy for it"
      : `${policy.quorum} of ${policy.groups.join(", ")}${policy.fromEachGroup ? ", one from each" : ""}`;
  if (outcome !== undefined) {
    const reason = outcome.reason.startsWith("break-glass")
      ? ` · :rotating_light: ${escapedUpTo(outcome.reason, 300)}`
      : "";
    return `${outcome.state}${said.length === 0 ? "" : ` · ${said.join(" · ")}`}${reason}`;
  }
  return [`needs ${needed}`, ...said, `until <!date^${end}^{time}|${expiresAt}>`].join(" · ");
}

function buttonsOf(record: RunRecord, asked: ApprovalCheckpoint | undefined): readonly Button[] {
  if (hasEnded(record.state) || record.cancel !== undefined) return [];
  const value = JSON.stringify({ run: record.id, digest: asked?.digest ?? "" } satisfies RunButtonValue);
  const button = (action_id: string, label: string, style?: "primary" | "danger"): Button => ({
    type: "button",
    action_id,
    text: { type: "plain_text", text: label },
    value,
    ...(style === undefined ? {} : { style }),
  });
  const open = record.state === "waiting" && asked !== undefined && asked.outcome === undefined;
  return [
    ...(open
      ? [button(runActionIds.approve, "Approve", "primary"), button(runActionIds.reject, "Reject", "danger")]
      : []),
    button(runActionIds.cancel, "Cancel"),
  ];
}

function person({ surface, id }: RunRecord["requester"]): string {
  return surface === "slack" ? mention(id) : escapedUpTo(clean(id), 100);
}

function mention(id: string): string {
  return /^[UW][A-Z0-9]+$/.test(id) ? `<@${id}>` : escapedUpTo(clean(id), 100);
}

function section(text: string): KnownBlock {
  return { type: "section", text: { type: "mrkdwn", text } };
}

function context(text: string): KnownBlock {
  return { type: "context", elements: [{ type: "mrkdwn", text }] };
}
