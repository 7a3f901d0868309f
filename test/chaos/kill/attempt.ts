import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Sandbox } from "../../../sandbox/sandbox.ts";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { places } from "../../../sandbox/world/places.ts";
import { listViews } from "../../../sandbox/world/views.ts";
import { planActionIds } from "../../../src/commands/planning/plan-view.ts";
import { hasEnded, type RunRecord, runRecordSchema } from "../../../src/runbooks/durable/record.ts";
import type { Ask } from "./ask.ts";
import { auditProblems, isWrittenDown } from "./audit-rules.ts";
import { type Boundary, boundariesOf, dropOrder, giveOrder, type Moment } from "./control.ts";

/** One run from the command to its end, in which the bot was perhaps killed once. */
export interface Attempt {
  readonly boundaries: readonly Boundary[];
  readonly killedAt: string | undefined;
  /** Rules that were broken. */
  readonly problems: readonly string[];
  /** What people would have liked better, and what a killed process cannot always help. */
  readonly blemishes: readonly string[];
}

const channel = "C0OPS";
/** Much more than it takes: the machine may be busy with other tests. */
const endsWithinMs = 120_000;
/** A change of the Git project is looked at for a while when it is merged. */
const endsInGitWithinMs = 240_000;
/** After an order to kill; nobody has to ask a bot twice that lives, however busy the machine is. */
const asksAgainAfterMs = 3_000;
/** A plan of the Git project takes longer than an answer that it is asked for. */
const asksAgainInGitAfterMs = 15_000;
const asksALivingOneAgainAfterMs = 60_000;
/** The next process looks twice, some seconds apart, whether a card is behind or an entry of the audit log is missing. */
const madeUpWithinMs = 30_000;
const home = "dragonfly-bot";
const named = z.object({ metadata: z.object({ name: z.string() }) });
const kept = z.object({ data: z.object({ run: z.string().optional() }) });

let attempts = 0;

/** Asks, approves, starts the bot again when it died, asks and clicks again as people do, and looks at what came of it. */
export async function attempt(sandbox: Sandbox, control: string, ask: Ask, killAt?: Moment): Promise<Attempt> {
  const problems: string[] = [];
  const blemishes: string[] = [];
  const id = `attempt-${++attempts}`;
  const known = new Set(runsOf(sandbox).map((run) => run.id));
  const firstMessage = messagesOf(sandbox).length;
  const newRun = () => runsOf(sandbox).findLast((run) => !known.has(run.id));
  const isDead = () => sandbox.bot.child.exitCode !== null || sandbox.bot.child.signalCode !== null;
  let killed = false;
  const revive = async () => {
    if (!isDead()) return;
    killed = true;
    // Kubernetes starts it again as often as it takes.
    await withPatience(5, () => sandbox.restartBot("SIGKILL"));
  };

  // A server that is slow to answer now and then shall not end hours of attempts.
  const need = await withPatience(3, () => ask.need(sandbox));
  giveOrder(control, { attempt: id, killAt });
  const deadline = Date.now() + (ask.inGit ? endsInGitWithinMs : endsWithinMs);
  await need.begin?.();
  const pressesAgainAfterMs = killAt === undefined ? asksALivingOneAgainAfterMs : asksAgainAfterMs;
  const patienceMs = ask.inGit ? Math.max(asksAgainInGitAfterMs, pressesAgainAfterMs) : pressesAgainAfterMs;
  let askedAt = 0;
  let pressedAt = 0;
  let presses = 0;
  let times = 0;
  for (;;) {
    await revive();
    const run = newRun();
    if (run !== undefined && hasEnded(run.state)) break;
    if (Date.now() > deadline) {
      problems.push(run === undefined ? "no run was accepted" : `${run.id} is ${run.state}: ${whyNot(sandbox, run)}`);
      break;
    }
    const plan = run === undefined ? shownPlan(sandbox, firstMessage) : undefined;
    if (plan !== undefined && Date.now() - pressedAt > pressesAgainAfterMs) {
      pressedAt = Date.now();
      presses++;
      const message = { channel, ts: plan.ts };
      await sandbox.slack.people.action({ user: "U0ADA", message, block_id: "", action_id: planActionIds.ask });
    } else if (
      run === undefined &&
      plan === undefined &&
      need.command !== undefined &&
      Date.now() - askedAt > patienceMs
    ) {
      askedAt = Date.now();
      times++;
      await sandbox.slack.people.command({ user: "U0ADA", channel, text: `/dragonfly ${need.command}` });
    }
    const card = run?.state === "waiting" ? askingCard(sandbox, run) : undefined;
    if (card !== undefined) {
      const message = { channel, ts: card.ts };
      await sandbox.slack.people.action({ user: "U0GRACE", message, block_id: "", action_id: "run_approve" });
    }
    await sleep(100);
  }
  const run = newRun();
  // The last writes come after the end: the audit log's, and the card's.
  const isShown = () => run !== undefined && cardsOf(sandbox, run.id).some((text) => /:\w+: Done/.test(text));
  for (let n = 0; n < 20 && !isDead() && !isShown(); n++) await sleep(100);
  await sleep(300);
  await revive();
  for (let n = 0; n < madeUpWithinMs / 100 && !(isShown() && isWrittenDown(sandbox, run)); n++) {
    await sleep(100);
    await revive();
  }
  dropOrder(control);

  const boundaries = boundariesOf(control, id);
  const dying = killed ? boundaries.findIndex(({ name, nth }) => name === killAt?.name && nth === killAt.nth) : -1;
  const killedAt = boundaries[dying]?.name;
  const { effect } = ask;
  const sent = boundaries.filter(({ name }, at) => effect?.test(name) && at !== dying).length;
  if (run?.state !== "succeeded") problems.push(`the run ended ${run?.state}: ${run?.failure?.message ?? ""}`);
  if (effect !== undefined && sent !== 1) problems.push(`its effect was sent ${sent} times`);
  problems.push(...(await need.problems(run)));
  // Whoever presses again has asked again, and so has the bot where it asks by itself.
  const requests = need.command === undefined && killed ? 2 : Math.max(1, presses);
  problems.push(...auditProblems(sandbox, run, requests));
  const cards = messagesOf(sandbox).filter(
    ({ onlyFor, thread_ts, blocks }) =>
      onlyFor === undefined && thread_ts === undefined && JSON.stringify(blocks).includes(run?.id ?? "-"),
  );
  if (cards.length > 1) blemishes.push(`${cards.length} cards`);
  if (times > 1) blemishes.push("asked again");
  if (run?.state === "succeeded" && !isShown())
    problems.push(
      `the card does not tell of the end: ${cardsOf(sandbox, run?.id ?? "-")
        .join(" ")
        .slice(0, 200)}`,
    );
  if (runsOf(sandbox).filter(({ id: one }) => !known.has(one)).length > 1) problems.push("two runs");
  if (problems.length > 0) cleanUp(sandbox);
  return { boundaries, killedAt, problems, blemishes };
}

function withPatience<T>(times: number, work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    if (times <= 1) throw error;
    return withPatience(times - 1, work);
  });
}

/** So that the next attempt does not find what this one left. */
function cleanUp({ world }: Sandbox): void {
  for (const { metadata } of listViews(world.infra.objects, places.configMaps, named, home)) {
    if (/^dfbot-(run|lock)-/.test(metadata.name)) world.infra.objects.remove(places.configMaps, home, metadata.name);
  }
}

function whyNot(sandbox: Sandbox, run: RunRecord): string {
  if (run.state !== "waiting") return `owner ${run.owner?.process ?? "nobody"}`;
  return askingCard(sandbox, run) === undefined
    ? `no card asks anybody to approve it: ${JSON.stringify(run.slack)} ${sandbox.bot
        .output()
        .split("\n")
        .filter((line) => !line.includes(`"audit"`))
        .slice(-6)
        .join(" | ")}`
    : "the approval did not count";
}

function runsOf({ world }: Sandbox): readonly RunRecord[] {
  return listViews(world.infra.objects, places.configMaps, kept, home)
    .flatMap(({ data }) => {
      const record = data.run?.startsWith("{") ? runRecordSchema.safeParse(JSON.parse(data.run)) : undefined;
      return record?.success ? [record.data as RunRecord] : [];
    })
    .toSorted((a, b) => a.requestedAt.localeCompare(b.requestedAt));
}

function messagesOf({ slack }: Sandbox): readonly StoredMessage[] {
  return slack.workspace.messages.filter((message) => message.channel === channel);
}

function cardsOf(sandbox: Sandbox, run: string): readonly string[] {
  return messagesOf(sandbox)
    .map(({ blocks }) => JSON.stringify(blocks))
    .filter((text) => text.includes(run));
}

/** What only the one who asked sees: what would be done, with the button that asks for it. */
function shownPlan(sandbox: Sandbox, from: number): StoredMessage | undefined {
  return messagesOf(sandbox)
    .slice(from)
    .findLast(({ onlyFor, blocks }) => onlyFor === "U0ADA" && JSON.stringify(blocks).includes(planActionIds.ask));
}

/** The message with a button that approves the plan that this run asks about. */
function askingCard(sandbox: Sandbox, { id }: RunRecord): StoredMessage | undefined {
  return messagesOf(sandbox).findLast(({ blocks }) => {
    const text = JSON.stringify(blocks);
    return text.includes(id) && text.includes("run_approve");
  });
}
