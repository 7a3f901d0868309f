import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createDice, type Dice } from "../random/dice.ts";
import { brokenRules, leftOn, whyNotOpen, whyNotOver } from "./judge.ts";
import { type Outage, outages, rows } from "./outages.ts";
import { type Stage, startStage } from "./stage.ts";
import { endOf, makeGroups, type Sent, sendAll } from "./stream.ts";

/**
 * A pair of Alertmanagers tells two replicas of the bot of groups that open, grow and resolve, ten notifications a second, while
 * something that the bot needs is away, and one replica is killed and starts again on its disk. In the end every group whose
 * notification was taken has its thread, once, triaged once, and closed; people were called once.
 */

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.stop());

const seed = Number(process.env["CHAOS_SEED"] ?? 1);

/** Waits until nothing is left to say against it; fails with what is. */
async function until(what: () => readonly unknown[], timeoutMs: number): Promise<void> {
  await vi.waitFor(() => expect(what()).toEqual([]), { timeout: timeoutMs, interval: 200 });
}

async function tryOut(row: readonly Outage[], prefix: string, dice: Dice): Promise<void> {
  const streamMs = 3_500 + 2_500 * row.length;
  const groups = makeGroups(dice, prefix, 8 + row.length, streamMs);
  const sent: Sent = { statuses: [], accepted: 0 };
  const urls = stage.bots.map(({ url }) => url);
  const streaming = sendAll(urls, dice, groups, sent);
  let restarted: Promise<void> | undefined;
  for (const [index, outage] of row.entries()) {
    await sleep(dice.between(300, 800));
    await outage.begin(stage);
    await sleep(dice.between(500, 1_500));
    if (index === row.length - 1) restarted = dice.pick(stage.bots).killAndStart();
    await sleep(dice.between(300, 1_000));
    await outage.end(stage);
  }
  await Promise.all([streaming, restarted]);

  const stay = groups.filter(({ stays }) => stays);
  await until(() => stay.flatMap((group) => whyNotOpen(stage.slack, group) ?? []), 90_000);
  await sendAll(
    urls,
    dice,
    stay.map((group) => ({ ...group, steps: [endOf(group)] })),
    sent,
  );
  await until(() => groups.flatMap((group) => whyNotOver(stage.slack, group) ?? []), 90_000);
  // What the other Alertmanager told of last may still be on its way through a replica.
  await until(() => stage.bots.map(leftOn).filter(({ pending }) => pending > 0), 30_000);
  expect(stage.bots.map(leftOn).filter(({ aside }) => aside > 0)).toEqual([]);
  expect(brokenRules(stage, groups)).toEqual([]);
  expect(sent.statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(sent.accepted).toBeGreaterThan(2 * groups.length);
}

/** All of each row in an order of chance; with CHAOS_ALERTS also each by itself, and so many rows of any four. */
const rounds = Number(process.env["CHAOS_ALERTS"] ?? 0);
const dice = createDice(seed);
const shuffled = (row: readonly Outage[]) =>
  row
    .map((outage) => ({ outage, at: dice.between(0, 1e9) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ outage }) => outage);
const cases = [
  ...rows.map(({ name, row }) => ({ name, row: shuffled(row) })),
  ...(rounds > 0 ? outages.map((outage) => ({ name: outage.name, row: [outage] })) : []),
  ...Array.from({ length: rounds }, () => {
    const row = shuffled(outages).slice(0, 4);
    return { name: row.map(({ name }) => name).join(", then "), row };
  }),
];

/** A second try of a row is told of groups of its own: the first one's have their threads already. */
let tries = 0;

describe(`alerts that stream in (seed ${seed})`, { timeout: 240_000 }, () => {
  it.each(cases.map(({ name, row }, index) => [name, row, index] as const))(
    "are not lost and not told of twice with %s",
    (_name, row, index) => tryOut(row, `r${index}t${tries++}x`, createDice(seed + index)),
  );
});
