import { setTimeout as sleep } from "node:timers/promises";
import { botCommand, freePort } from "../sandbox/bot-process.ts";
import { type SlackSimulation, startSlack } from "../sandbox/slack/server.ts";
import { installedApp } from "../sandbox/slack-app.ts";
import { end, startTimed } from "./processes.ts";
import { type Line, ms, percentile } from "./report.ts";
import { startSilentUpstreams } from "./silent.ts";

const commands = 50;
const secrets = { botToken: "xoxb-fake-bench", signingSecret: "fake-signing-secret" };

/** Slack's ack with 50 commands at once while every upstream hangs, beside a bare Bolt app's; and that all 50 are answered. */
export async function ack(): Promise<readonly Line[]> {
  const silent = await startSilentUpstreams();
  try {
    const bare = await measure(["bench/bare-bolt.ts"], {});
    const bot = await measure(botCommand, silent.env);
    const answered = await bot.answers();
    await bare.stop();
    await bot.stop();
    return [
      {
        name: "Slack ack p99, 50 commands at once, every upstream hanging / 100 ms",
        ratio: percentile(bot.acks, 99) / 100,
        atMost: 1,
        figures: {
          p50: ms(percentile(bot.acks, 50)),
          p99: ms(percentile(bot.acks, 99)),
          "bare Bolt p99": ms(percentile(bare.acks, 99)),
          "ratio to bare Bolt": (percentile(bot.acks, 99) / percentile(bare.acks, 99)).toFixed(2),
        },
      },
      {
        name: "commands without an answer that says what hung / 50",
        ratio: (commands - answered) / commands,
        atMost: 0,
        figures: { answered: `${answered} of ${commands}` },
      },
    ];
  } finally {
    silent.stop();
  }
}

async function measure(script: readonly string[], env: Readonly<Record<string, string>>) {
  const port = await freePort();
  const slack = await startSlack({
    ...secrets,
    ...installedApp(),
    appToken: "xapp-fake",
    deliver: { mode: "http", requestUrl: () => `http://127.0.0.1:${port}/slack/events` },
  });
  const { child } = await startTimed(script, port, {
    SLACK_BOT_TOKEN: secrets.botToken,
    SLACK_SIGNING_SECRET: secrets.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ...env,
  });
  const ask = () => slack.people.command({ user: "U0ADA", channel: "C0OPS", text: "/dragonfly status" });
  await sleep(3_000);
  const burst = () => Promise.all(Array.from({ length: commands }, ask));
  // The first burst opens the connections that Slack has open, and loads what the first command loads.
  await burst();
  await sleep(4_000);
  slack.workspace.messages.length = 0;
  const outcomes = await burst();
  return {
    acks: outcomes.map((outcome) => outcome.ackMs ?? Number.POSITIVE_INFINITY),
    answers: () => countAnswers(slack),
    stop: async () => {
      await end(child);
      await slack.stop();
    },
  };
}

async function countAnswers({ workspace }: SlackSimulation): Promise<number> {
  const count = () =>
    workspace.messages.filter(
      (message) => /^Unknown:/.test(message.text) && JSON.stringify(message.blocks).includes("no answer within"),
    ).length;
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && count() < commands; ) await sleep(100);
  return count();
}
