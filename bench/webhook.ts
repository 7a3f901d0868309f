import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { botCommand, freePort } from "../sandbox/bot-process.ts";
import { startSlack } from "../sandbox/slack/server.ts";
import { installedApp } from "../sandbox/slack-app.ts";
import { notification } from "./alerts.ts";
import { end, startTimed } from "./processes.ts";
import { type Line, ms, percentile } from "./report.ts";
import { startSilentUpstreams } from "./silent.ts";

const token = "fake-alertmanager-token";
const secrets = { botToken: "xoxb-fake-bench", signingSecret: "fake-signing-secret" };
const concurrency = 10;
const perRound = 500;
const rounds = 6;

/**
 * From the last byte of a notification of 50 alerts to the answer, 10 senders at once, while every upstream hangs: the bot, which
 * has it on the disk by then, beside a bare HTTP server that forgets it. Both take turns with the same bodies; what one flush of
 * such a body costs on this disk stands beside it.
 */
export async function webhook(): Promise<readonly Line[]> {
  const silent = await startSilentUpstreams();
  const slack = await startSlack({
    ...secrets,
    ...installedApp(),
    appToken: "xapp-fake",
    deliver: { mode: "http", requestUrl: () => "http://127.0.0.1:1/" },
  });
  const bare = await startTimed(["bench/bare-webhook.ts"], await freePort(), {});
  const bot = await startTimed(botCommand, await freePort(), {
    ...silent.env,
    SLACK_BOT_TOKEN: secrets.botToken,
    SLACK_SIGNING_SECRET: secrets.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ALERTMANAGER_WEBHOOK_TOKEN: token,
    DATA_DIR: join(silent.directory, "data"),
  });
  try {
    // The first looks at upstreams that never answer.
    await sleep(3_000);
    const bareMs: number[] = [];
    const botMs: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const bodies = Array.from({ length: perRound }, (_, n) => notification(round * perRound + n));
      const ofBare = await send(bare.url, bodies);
      const ofBot = await send(bot.url, bodies);
      // The first round warms both up.
      if (round === 0) continue;
      bareMs.push(...ofBare);
      botMs.push(...ofBot);
    }
    const flushMs = flushes(join(silent.directory, "flush"), notification(0), 200);
    const figures = {
      p50: ms(percentile(botMs, 50)),
      p99: ms(percentile(botMs, 99)),
      "bare p50": ms(percentile(bareMs, 50)),
      "bare p99": ms(percentile(bareMs, 99)),
      "one flush p50": ms(percentile(flushMs, 50)),
      "flush p99": ms(percentile(flushMs, 99)),
    };
    return [
      {
        name: "webhook ack p99 / bare HTTP server's p99 and one flush",
        ratio: percentile(botMs, 99) / (percentile(bareMs, 99) + percentile(flushMs, 99)),
        atMost: 5,
        figures: { ...figures, "to bare p50": ratio(botMs, bareMs, 50), "to bare p99": ratio(botMs, bareMs, 99) },
      },
    ];
  } finally {
    await Promise.all([end(bare.child), end(bot.child)]);
    await slack.stop();
    silent.stop();
  }
}

const ratio = (a: readonly number[], b: readonly number[], share: number) =>
  (percentile(a, share) / percentile(b, share)).toFixed(1);

/** How long each took, over connections that stay open. Throws when one was not accepted. */
async function send(url: string, bodies: readonly string[]): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const times: number[] = [];
  const waiting = [...bodies];
  const sender = async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      const began = performance.now();
      const code = await post(`${url}/webhooks/alertmanager`, agent, body);
      times.push(performance.now() - began);
      if (code !== 200) throw new Error(`a notification was answered with ${code}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  agent.destroy();
  return times;
}

function post(url: string, agent: Agent, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** What this disk takes to keep one body: written and flushed, nothing else. */
function flushes(path: string, body: string, count: number): readonly number[] {
  const file = openSync(path, "w");
  const times = Array.from({ length: count }, () => {
    const began = performance.now();
    writeSync(file, body);
    fsyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  return times;
}
