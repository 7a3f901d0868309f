import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BotProcess, freePort, startBot } from "../../../sandbox/bot-process.ts";
import { type SlackSimulation, startSlack } from "../../../sandbox/slack/server.ts";
import { installedApp } from "../../../sandbox/slack-app.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { type FaultyStore, startFaultyStore } from "../store/redis.ts";

/** Two processes of the bot, each with its own disk, on one cluster, one store that may fail, and one Slack. */
export interface Stage {
  readonly world: World;
  readonly slack: SlackSimulation;
  readonly store: FaultyStore;
  readonly bots: readonly Replica[];
  /** Tells the bots of the store's password of the moment, as a Secret that has changed. */
  tellPassword(): void;
  stop(): Promise<void>;
}

export interface Replica {
  readonly url: string;
  readonly dataDir: string;
  /** Everything that its processes have logged. */
  output(): string;
  /** SIGKILL, and at once another process on the same disk. Resolves when that one is ready. */
  killAndStart(): Promise<void>;
  stop(): Promise<void>;
}

export const webhookToken = "fake-alertmanager-token";
/** One channel a severity: Slack takes a message a second in each. */
export const severities = ["critical", "error", "warning", "info", "page", "ticket"] as const;
const secrets = { signingSecret: "fake-signing-secret", botToken: "xoxb-fake", appToken: "xapp-fake" };

export async function startStage(): Promise<Stage> {
  const store = await startFaultyStore();
  const world = await startWorld({
    metrics: false,
    alerts: {
      channels: Object.fromEntries(severities.map((severity) => [severity, channelOf(severity)])),
      // Every group has its own thread here.
      storm: { threads: 1_000, minutes: 1 },
    },
  });
  const ports = await Promise.all([freePort(), freePort()]);
  const slack = await startSlack({
    ...secrets,
    ...installedApp(),
    deliver: { mode: "http", requestUrl: () => `http://127.0.0.1:${ports[0]}/slack/events` },
  });
  for (const severity of severities) {
    const id = channelOf(severity);
    const members = new Set([slack.workspace.botUserId]);
    slack.workspace.channels.push({ id, name: severity, is_im: false, is_private: false, members });
  }
  const urlFile = join(world.directory, "store-url");
  const tellPassword = () => writeFileSync(urlFile, store.url());
  tellPassword();
  const { STORE_URL: _, ...env } = world.env();
  const bots = await Promise.all(
    ports.map((port, index) =>
      startReplica(port, {
        ...env,
        STORE_URL_FILE: urlFile,
        DATA_DIR: join(world.directory, `bot-${index}`),
        SLACK_MODE: "http",
        SLACK_BOT_TOKEN: secrets.botToken,
        SLACK_SIGNING_SECRET: secrets.signingSecret,
        SLACK_API_URL: slack.apiUrl,
        ALERTMANAGER_WEBHOOK_TOKEN: webhookToken,
      }),
    ),
  );
  return {
    world,
    slack,
    store,
    bots,
    tellPassword,
    stop: async () => {
      await Promise.all(bots.map((bot) => bot.stop()));
      await slack.stop();
      await store.stop();
      await world.stop();
    },
  };
}

function channelOf(severity: string): string {
  return `C0${severity.toUpperCase()}`;
}

async function startReplica(port: number, env: Readonly<Record<string, string>>): Promise<Replica> {
  const processes: BotProcess[] = [];
  const start = async () => {
    processes.push(await startBot({ port, env }));
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir: env["DATA_DIR"] ?? "",
    output: () => processes.map((one) => one.output()).join(""),
    killAndStart: async () => {
      const child = processes.at(-1)?.child;
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      child?.kill("SIGKILL");
      await gone;
      // As Kubernetes would: the first one may not come up in time on a machine that is busy with an outage.
      await start().catch(start);
    },
    stop: async () => {
      await processes.at(-1)?.stop();
    },
  };
}
