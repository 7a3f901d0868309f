import type { KnownBlock, View } from "@slack/types";
import type { Plan } from "../../approvals/plan.ts";
import { attention } from "../../reports/model.ts";
import { createRoom, joinLines } from "../../reports/render/slack-blocks.ts";
import { tableSections } from "../../reports/render/slack-details.ts";
import { codeSlack, escapedLine, escapedUpTo, fencedLines } from "../../reports/render/slack-text.ts";
import type { ApprovalCheckpoint, Checkpoint, RunRecord } from "../../runbooks/durable/record.ts";
import { endingOf, findingText, stateLine } from "./ending.ts";
import { allChecks, planLink, planOf } from "./plan-blocks.ts";
import { context, mention, requesterOf, section, slackTime } from "./words.ts";

/** A modal holds 100 blocks and 250 KB; a character is at most three bytes of UTF-8, and JSON around them costs some. */
const mostBlocks = 97;
const mostCharacters = 60_000;
const mostSteps = 60;
const sectionLength = 2_900;

/** Everything about a run for whoever decides about it or looks back at it. What does not fit is counted. */
export function detailsView(record: RunRecord, title: string): View {
  const plan = planOf(record);
  const links = plan === undefined ? "" : planLink(plan);
  const asked = `asked for by ${requesterOf(record.requester)}, ${slackTime(record.requestedAt)}`;
  const head = section(
    `*${escapedLine(plan?.title ?? title, 200)}*\n${stateLine(record)}\n${asked}${links === "" ? "" : `\n${links}`}`,
  );
  const footer = context(`${record.runbook} version ${record.version} · run ${record.id}`);
  const wanted = [
    ...endingBlocks(record),
    ...(plan === undefined ? [] : planBlocks(plan)),
    ...titled("Decisions", record.checkpoints.flatMap(decisions)),
    ...titled("What was done", record.checkpoints.slice(-mostSteps).map(line)),
  ];
  const room = createRoom(mostBlocks, mostCharacters);
  room.take(head);
  room.take(footer);
  const shown: KnownBlock[] = [];
  for (const block of wanted) if (room.take(block)) shown.push(block);
  const left = wanted.length - shown.length;
  return {
    type: "modal",
    title: { type: "plain_text", text: "Run" },
    close: { type: "plain_text", text: "Close" },
    blocks: [
      head,
      ...shown,
      ...(left > 0 ? [context(`${left} more parts did not fit: the diff is a file in the thread`)] : []),
      footer,
    ],
  };
}

/** What it found at its end: its figures, then each finding, worst first. */
function endingBlocks(record: RunRecord): readonly KnownBlock[] {
  const ending = endingOf(record);
  if (ending === undefined) return [];
  const fine = ending.findings.filter(({ verdict }) => verdict === "ok");
  return [
    ...tableSections(ending.tables),
    ...[...attention(ending), ...fine].map((finding) => section(findingText(finding, 1_500, 3))),
  ];
}

function planBlocks(plan: Plan): readonly KnownBlock[] {
  const { digest, effects, preconditions } = plan;
  const conditions = preconditions.map(
    ({ description, expected }) => `• ${escapedLine(description, 200)}: ${codeSlack(JSON.stringify(expected), 120)}`,
  );
  return [
    section(`*Digest that is approved*\n\`${digest}\``),
    ...titled("Checks", allChecks(plan)),
    ...titled("Only if", conditions),
    ...titled(
      "What is done",
      effects.map(({ key, description }) => `• ${escapedLine(description, 400)} ${codeSlack(key, 200)}`),
    ),
    ...effects.flatMap(({ description, diff }) => (diff === undefined ? [] : diffBlocks(description, diff))),
  ];
}

function diffBlocks(description: string, diff: string): readonly KnownBlock[] {
  const blocks: KnownBlock[] = [section(`*${escapedLine(description, 400)}*`)];
  let rest: readonly string[] = diff.trimEnd().split("\n");
  while (rest.length > 0) {
    const { text, linesLeft } = fencedLines(rest, sectionLength);
    blocks.push(section(text));
    rest = rest.slice(rest.length - linesLeft);
  }
  return blocks;
}

/** Lines under a title, in as many sections as they need. */
function titled(title: string, all: readonly string[]): readonly KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let rest = all.length === 0 ? [] : [`*${title}*`, ...all];
  while (rest.length > 0) {
    const { text, linesLeft } = joinLines(rest, sectionLength);
    blocks.push(section(text));
    rest = rest.slice(rest.length - linesLeft);
  }
  return blocks;
}

function decisions(checkpoint: Checkpoint): readonly string[] {
  if (checkpoint.kind !== "approval") return [];
  const said = checkpoint.votes.map(
    ({ person, choice, at, reason }) =>
      `• ${mention(person)} ${choice}, ${slackTime(at)}${reason === "" ? "" : `: “${escapedUpTo(reason, 200)}”`}`,
  );
  return [...said, ...voided(checkpoint)];
}

function voided({ digest, outcome }: ApprovalCheckpoint): readonly string[] {
  if (outcome?.state !== "voided") return [];
  return [
    `• plan \`${digest.slice(0, 12)}\` was voided, ${slackTime(outcome.at)}: ${escapedUpTo(outcome.reason, 300)}`,
  ];
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
