import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { alertmanagerToken, type Sandbox, signingSecret, startSandbox } from "../../../sandbox/sandbox.ts";
import { createDice } from "../random/dice.ts";
import { createMutator } from "./mutate.ts";
import { alertPost, createClient, gitlabPost, gitlabSecret, inParallel, type Post, slackPost } from "./requests.ts";

/**
 * Mutations of real payloads at the webhooks of the bot's own process, over HTTP. No answer is a 5xx, the process lives and logs no
 * unhandled rejection, its memory does not grow with them, and what it said it kept is on its disk.
 */

const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const count = Number(process.env["CHAOS_FUZZ"] ?? 5_000);
/** What nobody listens to is answered after three seconds, so these take longer; without being told otherwise fewer will do. */
const slackCount = process.env["CHAOS_FUZZ"] === undefined ? count / 2 : count;

const preload = pathToFileURL(join(import.meta.dirname, "collect.ts")).href;

const gitlabKey = Buffer.alloc(24, "key");

let sandbox: Sandbox;
let client: ReturnType<typeof createClient>;
/** What a process says that has lost a promise or itself. */
const outcries: string[] = [];
beforeAll(async () => {
  sandbox = await startSandbox({
    page: false,
    world: { metrics: false },
    env: { LOG_LEVEL: "error", NODE_OPTIONS: `--import=${preload}`, GITLAB_WEBHOOK_SECRET: gitlabSecret(gitlabKey) },
  });
  client = createClient(Number(new URL(sandbox.bot.url).port));
  for (const stream of [sandbox.bot.child.stdout, sandbox.bot.child.stderr]) {
    createInterface({ input: stream ?? Readable.from([]) }).on("line", (line) => {
      if (/unhandled rejection|uncaught|FATAL/i.test(line) && outcries.length < 10) outcries.push(line.slice(0, 2_000));
    });
  }
});
afterAll(async () => {
  client?.close();
  await sandbox?.stop();
});

/** What it holds after a collection of garbage. */
async function heapBytes(): Promise<number> {
  sandbox.bot.child.kill("SIGUSR2");
  // The signal is heard before the request.
  const page = await (await fetch(`${sandbox.bot.url}/metrics`)).text();
  return Number(/^dfbot_nodejs_heap_size_used_bytes (\S+)/m.exec(page)?.[1]);
}

/** What it holds when it has let go of what it was working on: looked at until it no longer becomes less. */
async function settledHeapBytes(): Promise<number> {
  let least = await heapBytes();
  for (let same = 0; same < 6; same++) {
    await sleep(500);
    const now = await heapBytes();
    if (now < least - 2 ** 20) same = 0;
    least = Math.min(least, now);
  }
  return least;
}

interface Shot {
  readonly codes: Map<number, number>;
  readonly wrong: string[];
  readonly accepted: Buffer[];
}

async function shoot(make: (n: number) => Post, from: number, to: number, shot: Shot): Promise<void> {
  await inParallel(to - from, 800, async (n) => {
    const post = make(from + n);
    const { code, body } = await client.post(post);
    shot.codes.set(code, (shot.codes.get(code) ?? 0) + 1);
    if (code === 200) shot.accepted.push(post.body);
    if (code >= 500) shot.wrong.push(`${code} ${body} for ${post.body.subarray(0, 1_000)}`);
  });
}

/** The first fifth warms it up; the rest may not leave much behind. */
async function shootAndWeigh(count: number, make: (n: number) => Post): Promise<Shot> {
  const shot: Shot = { codes: new Map(), wrong: [], accepted: [] };
  const began = Date.now();
  await shoot(make, 0, count / 5, shot);
  const before = await settledHeapBytes();
  await shoot(make, count / 5, count, shot);
  const after = await settledHeapBytes();
  process.stdout.write(
    `seed ${seed}: ${count} in ${Date.now() - began} ms, ${JSON.stringify(Object.fromEntries(shot.codes))}, heap ${before >> 20} then ${after >> 20} MiB\n`,
  );
  expect(shot.wrong.slice(0, 5)).toEqual([]);
  expect(outcries).toEqual([]);
  expect(sandbox.bot.child.exitCode ?? sandbox.bot.child.signalCode).toBeNull();
  expect(after).toBeLessThan(before * 1.25 + 16 * 2 ** 20);
  return shot;
}

describe(`mutations of what comes to a webhook (seed ${seed})`, { timeout: 900_000 + count * 30 }, () => {
  it("of Slack, signed, are answered in time", async () => {
    const dice = createDice(seed + 1);
    const mutator = createMutator(dice, seed + 1);
    const responseUrl = `${sandbox.slack.origin}/commands/T0SANDBOX/none`;
    const { codes } = await shootAndWeigh(slackCount, (n) => slackPost(dice, mutator, signingSecret, responseUrl, n));
    // 401: bytes that are no UTF-8, which Bolt does not verify as they came. 404: nobody listens to such a thing.
    expect([...codes.keys()].filter((code) => ![200, 400, 401, 404, 413].includes(code))).toEqual([]);
  });

  it("of GitLab are taken or refused", async () => {
    const dice = createDice(seed + 2);
    const mutator = createMutator(dice, seed + 2);
    const { codes } = await shootAndWeigh(count, (n) => gitlabPost(dice, mutator, gitlabKey, n));
    expect([...codes.keys()].filter((code) => ![200, 400, 401, 413].includes(code))).toEqual([]);
    for (const code of [200, 400, 401]) expect(codes.get(code) ?? 0).toBeGreaterThan(count / 100);
  });

  it("of Alertmanager are kept or refused, and those that are kept are on the disk and are seen to", async () => {
    const dice = createDice(seed);
    const mutator = createMutator(dice, seed);
    // Without the cluster nothing is taken off the disk.
    sandbox.world.infra.api.faults.unreachable = true;
    const { accepted, codes } = await shootAndWeigh(count, (n) => alertPost(dice, mutator, alertmanagerToken, n));
    expect([...codes.keys()].filter((code) => ![200, 400, 413].includes(code))).toEqual([]);
    expect(accepted.length).toBeGreaterThan(count / 100);
    const database = new DatabaseSync(join(sandbox.world.directory, "bot", "alerts.sqlite"), { readOnly: true });
    const kept = database
      .prepare("SELECT body FROM batch")
      .all()
      .map(({ body }) => String(body));
    expect(kept.toSorted()).toEqual(accepted.map((body) => body.toString("utf8")).toSorted());
    sandbox.world.infra.api.faults.unreachable = false;
    const healed = Date.now();
    const pending = () => Number(database.prepare("SELECT count(*) AS n FROM batch").get()?.["n"]);
    await vi.waitFor(() => expect(pending()).toBe(0), { timeout: 300_000 + count * 30, interval: 500 });
    const aside = database.prepare("SELECT why, count(*) AS n FROM aside GROUP BY why").all();
    process.stdout.write(`${kept.length} seen to in ${Date.now() - healed} ms, put aside: ${JSON.stringify(aside)}\n`);
    database.close();
  });
});
