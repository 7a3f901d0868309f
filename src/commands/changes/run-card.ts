import type { KnownBlock } from "@slack/types";
import { z } from "zod";
import { type Plan, planSchema, shortDigest } from "../../approvals/plan.ts";
import type { ApprovalPolicy } from "../../approvals/policy.ts";
import { truncate } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { ApprovalCheckpoint, RunRecord } from "../../runbooks/durable/record.ts";
import type { Message } from "../delivery/sender.ts";
import { askedOf, buttonsOf } from "./run-buttons.ts";
import { context, mention, requesterOf, section, slackTime, stateWords } from "./words.ts";

/** What a section of Slack holds, with room for what is around it. */
const longestDiff = 2_500;

export interface CardParts {
  readonly title: string;
  readonly policy: ApprovalPolicy | undefined;
  /** What the step is at, while it says so. */
  readonly progress?: string;
}

/** The one message that shows a run, from the request to the end. */
export function runCard(record: RunRecord, { title, policy, progress }: CardParts): Message {
  const asked = askedOf(record);
  const plan = planOf(record);
  const head = plan?.title ?? title;
  const text = `${head}: ${stateWords[record.state].replace(/^:\w+: /, "")}`;
  const blocks: KnownBlock[] = [
    section(`*${escapedUpTo(head, 200)}*\n${stateWords[record.state]} · asked for by ${requesterOf(record.requester)}`),
  ];
  if (plan !== undefined) blocks.push(...planBlocks(plan));
  if (asked !== undefined) blocks.push(context(decision(asked, policy)));
  const steps = stepsLine(record);
  if (steps !== "") blocks.push(context(steps));
  if (progress !== undefined && record.state === "running") blocks.push(context(escapedUpTo(progress, 300)));
  if (record.failure !== undefined) {
    blocks.push(section(escapedUpTo(`${record.failure.message}. ${record.failure.next}`, 2_500)));
  }
  const summary = z.object({ summary: z.string() }).safeParse(record.conclusion);
  if (summary.success) blocks.push(section(escapedUpTo(summary.data.summary, 1_000)));
  if (record.cancel !== undefined) blocks.push(context(`cancelled by ${mention(record.cancel.by)}`));
  for (const { by, at, from } of record.reruns ?? []) {
    blocks.push(context(`went on from “${escapedUpTo(from, 80)}” by ${mention(by)}, ${slackTime(at)}`));
  }
  blocks.push(context(`${record.runbook} · run ${record.id}`));
  const buttons = buttonsOf(record, policy);
  if (buttons.length > 0) blocks.push({ type: "actions", elements: [...buttons] });
  return { text, blocks };
}

/** The plan that people are asked about, if it is one. */
export function planOf(record: RunRecord): Plan | undefined {
  const plan = planSchema.safeParse(askedOf(record)?.plan);
  return plan.success ? plan.data : undefined;
}

/** The whole diff of a plan when it is too long for the card, and is a file in the thread instead. */
export function longDiff({ effects }: Plan): string | undefined {
  const diffs = effects.flatMap(({ diff }) => (diff === undefined ? [] : [diff.trimEnd()]));
  const text = `${diffs.join("\n")}\n`;
  return text.length > longestDiff ? text : undefined;
}

function planBlocks(plan: Plan): readonly KnownBlock[] {
  const { effects, preconditions, risk, target, digest } = plan;
  const lines = [
    `*The plan* for ${target}, risk ${risk}`,
    ...effects.map(({ description }) => `• ${escapedUpTo(description, 300)}`),
    ...(preconditions.length === 0
      ? []
      : [`*Only if:* ${preconditions.map(({ description }) => escapedUpTo(description, 200)).join("; ")}`]),
  ];
  const diff = effects.flatMap((effect) => effect.diff?.trimEnd() ?? []).join("\n");
  return [
    section(truncate(lines.join("\n"), 2_900)),
    ...(diff === "" || longDiff(plan) !== undefined ? [] : [section(`\`\`\`${escapedUpTo(diff, 2_800)}\`\`\``)]),
    context(`plan ${shortDigest(digest)}${longDiff(plan) === undefined ? "" : " · the diff is a file in the thread"}`),
  ];
}

function decision({ votes, outcome, expiresAt }: ApprovalCheckpoint, policy: ApprovalPolicy | undefined): string {
  const said = votes.map(
    ({ person: who, choice, reason }) =>
      `${choice === "reject" ? "✖" : "✔"} ${mention(who)}${reason === "" ? "" : ` “${escapedUpTo(reason, 300)}”`}`,
  );
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
  return [`needs ${needed}`, ...said, `until ${slackTime(expiresAt, "{time}")}`].join(" · ");
}

function stepsLine({ checkpoints }: RunRecord): string {
  const steps = checkpoints.flatMap((one) => (one.kind === "step" ? [one] : []));
  const line = steps.map(
    ({ name, doneAt, failure }) =>
      `${failure !== undefined ? "✖" : doneAt === undefined ? "…" : "✔"} ${escapedUpTo(name, 80)}`,
  );
  return truncate(line.join("  "), 1_900);
}
