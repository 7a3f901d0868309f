import type { KnownBlock, View } from "@slack/types";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { Checkpoint, RunRecord } from "../../runbooks/durable/record.ts";
import { askedOf } from "./run-buttons.ts";
import { planOf } from "./run-card.ts";
import { context, mention, requesterOf, section, slackTime, stateWords } from "./words.ts";

/** A modal holds 100 blocks. */
const mostLines = 60;

/** Everything about a run for whoever decides about it or looks back at it. */
export function detailsView(record: RunRecord, title: string): View {
  const plan = planOf(record);
  const asked = askedOf(record);
  const blocks: KnownBlock[] = [
    section(
      `*${escapedUpTo(plan?.title ?? title, 200)}*\n${stateWords[record.state]}\nasked for by ${requesterOf(record.requester)}, ${slackTime(record.requestedAt)}`,
    ),
  ];
  if (plan !== undefined) {
    blocks.push(section(`*Digest that is approved*\n\`${plan.digest}\``));
    for (const { key, description, diff } of plan.effects.slice(0, 20)) {
      blocks.push(section(`• ${escapedUpTo(description, 400)}\n\`${escapedUpTo(key, 200)}\``));
      if (diff !== undefined) blocks.push(section(`\`\`\`${escapedUpTo(diff, 2_800)}\`\`\``));
    }
    const conditions = plan.preconditions
      .slice(0, 20)
      .map(
        ({ description, expected }) =>
          `• ${escapedUpTo(description, 200)}: \`${escapedUpTo(JSON.stringify(expected), 120)}\``,
      );
    if (conditions.length > 0) blocks.push(section(`*Only if*\n${conditions.join("\n")}`.slice(0, 2_900)));
  }
  const votes = (asked?.votes ?? []).map(
    ({ person, choice, at, reason }) =>
      `• ${mention(person)} ${choice}, ${slackTime(at)}${reason === "" ? "" : `: “${escapedUpTo(reason, 200)}”`}`,
  );
  if (votes.length > 0) blocks.push(section(`*Decisions*\n${votes.join("\n")}`.slice(0, 2_900)));
  const steps = record.checkpoints.slice(0, mostLines).map(line);
  if (steps.length > 0) blocks.push(section(`*What was done*\n${steps.join("\n")}`.slice(0, 2_900)));
  blocks.push(context(`${record.runbook} version ${record.version} · run ${record.id}`));
  return {
    type: "modal",
    title: { type: "plain_text", text: "Run" },
    close: { type: "plain_text", text: "Close" },
    blocks,
  };
}

function line(checkpoint: Checkpoint): string {
  const name = escapedUpTo(checkpoint.name, 80);
  switch (checkpoint.kind) {
    case "sleep":
      return `• slept until ${slackTime(checkpoint.until)}`;
    case "approval":
      return `• asked people, ${slackTime(checkpoint.askedAt)}: ${checkpoint.outcome?.state ?? "open"}`;
    case "step": {
      const { doneAt, failure, attempts, begunAt } = checkpoint;
      const again = attempts > 1 ? `, begun ${attempts} times` : "";
      if (failure !== undefined) return `✖ ${name}${again}: ${escapedUpTo(failure.message, 200)}`;
      return doneAt === undefined
        ? `… ${name}, since ${slackTime(begunAt)}${again}`
        : `✔ ${name}, ${slackTime(doneAt)}${again}`;
    }
  }
}
