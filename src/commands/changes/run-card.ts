import type { KnownBlock } from "@slack/types";
import type { Missing } from "../../approvals/decide.ts";
import type { ApprovalPolicy } from "../../approvals/policy.ts";
import { createRoom, joinLines } from "../../reports/render/slack-blocks.ts";
import { escapedLine, escapedUpTo } from "../../reports/render/slack-text.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { nextButtons } from "../buttons.ts";
import type { Message } from "../delivery/sender.ts";
import { decisionLine, voidedLines } from "./decision-line.ts";
import { endingOf, findingBlocks, stateLine } from "./ending.ts";
import { checksBlock, diffBlock, digestBlock, effectsBlock, hostBlock, planLink, planOf } from "./plan-blocks.ts";
import { askedOf, buttonsOf } from "./run-buttons.ts";
import { context, mention, requesterOf, section, slackTime } from "./words.ts";

export interface CardParts {
  readonly title: string;
  readonly policy: ApprovalPolicy | undefined;
  /** Who else must approve, while people are being asked. */
  readonly missing?: Missing | undefined;
  /** What the step is at, while it says so. */
  readonly progress?: string;
}

/** Slack takes 50 blocks and about 13,200 characters (bolt-js#2509). */
const mostBlocks = 49;
const mostCharacters = 12_500;
const mostVoided = 3;

/** A block that gives way to those that matter more when there is no room for all. */
interface Part {
  readonly block: KnownBlock;
  readonly weight: number;
}

/** The one message that shows a run, from the request to the end. */
export function runCard(record: RunRecord, { title, policy, missing, progress }: CardParts): Message {
  const asked = askedOf(record);
  const plan = planOf(record);
  const state = stateLine(record);
  const head = plan?.title ?? title;
  const links = plan === undefined ? "" : planLink(plan);
  const by = `asked for by ${requesterOf(record.requester)}${links === "" ? "" : ` · ${links}`}`;
  const parts: Part[] = [];
  const add = (weight: number, ...blocks: readonly (KnownBlock | undefined)[]) => {
    for (const block of blocks) if (block !== undefined) parts.push({ block, weight });
  };
  add(10, section(`*${escapedLine(head, 200)}*\n${state} · ${by}`));
  if (plan !== undefined) {
    add(7, effectsBlock(plan), checksBlock(plan, record.state === "succeeded"));
    add(hasEnded(record.state) ? 1 : 5, diffBlock(plan));
    add(6, digestBlock(plan));
  }
  add(4, ...voidedLines(record, asked).slice(-mostVoided).map(context));
  if (asked !== undefined) add(9, context(decisionLine(asked, policy, missing)));
  add(7, hostBlock(record));
  const steps = stepsLine(record);
  if (steps !== "") add(6, context(steps));
  const waits = record.state === "running" ? progress : sleepingFor(record);
  if (waits !== undefined) add(8, context(`:hourglass_flowing_sand: ${escapedLine(waits, 300)}`));
  if (record.failure !== undefined) {
    add(9, section(escapedUpTo(`${record.failure.message}. ${record.failure.next}`, 2_500)));
  }
  const ending = endingOf(record);
  if (ending !== undefined && ending.summary !== "") add(9, section(escapedUpTo(ending.summary, 1_000)));
  add(8, ...findingBlocks(record));
  if (record.cancel !== undefined) add(7, context(`cancelled by ${mention(record.cancel.by)}`));
  const reruns = (record.reruns ?? []).slice(-mostVoided);
  for (const { by: who, at, from } of reruns) {
    add(4, context(`went on from “${escapedUpTo(from, 80)}” by ${mention(who)}, ${slackTime(at)}`));
  }
  add(10, context(`${record.runbook} · run ${record.id}`));
  const next = hasEnded(record.state) ? nextButtons({ findings: ending?.findings ?? [], runId: record.id }) : [];
  const buttons = [...buttonsOf(record, policy), ...next];
  if (buttons.length > 0) add(10, { type: "actions", elements: buttons });
  // Slack reads mentions in this too.
  return { text: `${escapedLine(head, 200)}: ${state.replace(/^:\w+: /, "")}`, blocks: fitting(parts) };
}

/** What there is room for, the weightiest first, each in its place. */
function fitting(parts: readonly Part[]): readonly KnownBlock[] {
  const room = createRoom(mostBlocks, mostCharacters);
  const kept = new Set(parts.toSorted((a, b) => b.weight - a.weight).filter(({ block }) => room.take(block)));
  return parts.filter((part) => kept.has(part)).map(({ block }) => block);
}

/** What a run that sleeps says it waits for: the name of its sleep. */
function sleepingFor({ state, checkpoints }: RunRecord): string | undefined {
  const last = checkpoints.at(-1);
  return state === "sleeping" && last?.kind === "sleep" ? last.name : undefined;
}

function stepsLine({ checkpoints }: RunRecord): string {
  const steps = checkpoints.flatMap((one) => (one.kind === "step" ? [one] : []));
  const words: string[] = [];
  let times = 0;
  for (const [index, { name, doneAt, failure }] of steps.entries()) {
    const mark = failure !== undefined ? "✖" : doneAt === undefined ? "…" : "✔";
    const doing = lookingOnce(name);
    const again = index > 0 && lookingOnce(steps[index - 1]?.name ?? "") === doing;
    times = again ? times + 1 : 1;
    // Looking again and again is one word with a number.
    if (again) words[words.length - 1] = `${mark} ${escapedLine(doing, 80)} (${times} times)`;
    else words.push(`${mark} ${escapedLine(name, 80)}`);
  }
  // Of very many the newest are those that somebody waits for.
  const { text, linesLeft } = joinLines(words.toReversed(), 1_800);
  const shown = text === "" ? [] : text.split("\n").toReversed();
  return [...(linesLeft > 0 ? [`✔ ${linesLeft} before`] : []), ...shown].join("  ");
}

function lookingOnce(name: string): string {
  return name.replace(/^look again (?=\S)/, "look ");
}
