import { type Alerting, startAlerting } from "./alertmanager/alerting.ts";
import { type BotProcess, freePort, startBot } from "./bot-process.ts";
import { createFaultPanel, type FaultPanel } from "./faults/faults.ts";
import { projectFiles } from "./git-project.ts";
import { type GitLabOptions, type GitLabSimulation, startGitLab } from "./gitlab/gitlab.ts";
import { buildPage } from "./page/build.ts";
import { type SlackSimulation, startSlack } from "./slack/server.ts";
import { installedApp } from "./slack-app.ts";
import { startWorld, type World, type WorldOptions } from "./world/world.ts";

/** What the sandbox's Alertmanager shows to the bot. */
export const alertmanagerToken = "sandbox-alertmanager-token";
/** What its Slack signs with. */
export const signingSecret = "sandbox-signing-secret";
const gitlabWebhookSecret = `whsec_${Buffer.from("sandbox-gitlab-webhook").toString("base64")}`;

export interface SandboxOptions {
  /** Port of the page; 0 for a free one. */
  readonly port?: number;
  readonly mode?: "http" | "socket";
  /** Build and serve the page (default true). */
  readonly page?: boolean;
  readonly world?: WorldOptions;
  /** A GitLab whose project is what is in deploy/, and clusters that follow it. */
  readonly gitlab?: Omit<GitLabOptions, "files" | "webhook">;
  /** The shipped rules in vmalert, and Alertmanager, both real; alerts fire this many times sooner than shipped. */
  readonly alerting?: { readonly faster: number };
  /** Further environment for the bot. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Sandbox {
  readonly world: World;
  readonly slack: SlackSimulation;
  /** Undefined when it was not asked for. */
  readonly gitlab: GitLabSimulation | undefined;
  readonly bot: BotProcess;
  readonly faults: FaultPanel;
  /** Undefined when it was not asked for, or cannot be here. */
  readonly alerting: Alerting | undefined;
  /** Ends the bot's process with a signal and starts another one, as Kubernetes would. */
  restartBot(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  stop(): Promise<void>;
}

/** The whole local world: stores and clusters, Slack with its page, and the bot in a process of its own. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { mode = "http" } = options;
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  };
  try {
    const pageDir = options.page === false ? undefined : await buildPage();
    const botPort = await freePort();
    const gitlab =
      options.gitlab === undefined
        ? undefined
        : await startGitLab({
            ...options.gitlab,
            files: projectFiles(),
            webhook: {
              url: () => `http://127.0.0.1:${botPort}/webhooks/gitlab`,
              secret: gitlabWebhookSecret,
              signing: "both",
            },
          });
    if (gitlab !== undefined) cleanups.push(() => gitlab.stop());
    const gitops = gitlab === undefined ? {} : { gitops: { repository: gitlab.repository, branch: gitlab.branch } };
    const world = await startWorld({ ...gitops, ...options.world });
    cleanups.push(() => world.stop());
    const faults = createFaultPanel(world);
    const secrets = {
      signingSecret,
      botToken: "xoxb-sandbox-bot-token",
      appToken: "xapp-sandbox-app-token",
    };
    const slack = await startSlack({
      ...secrets,
      ...installedApp(),
      port: options.port ?? 0,
      deliver: mode === "http" ? { mode, requestUrl: () => `http://127.0.0.1:${botPort}/slack/events` } : { mode },
      pageDir,
      faultPanel: faults,
    });
    cleanups.push(() => slack.stop());
    const alerting =
      options.alerting === undefined
        ? undefined
        : await startAlerting({
            ...options.alerting,
            world,
            botPort,
            token: alertmanagerToken,
            onNotice: options.world?.onNotice ?? (() => {}),
          });
    if (alerting !== undefined) cleanups.push(() => alerting.stop());
    const start = () =>
      startBot({
        port: botPort,
        env: {
          SLACK_MODE: mode,
          SLACK_BOT_TOKEN: secrets.botToken,
          SLACK_API_URL: slack.apiUrl,
          ALERTMANAGER_WEBHOOK_TOKEN: alertmanagerToken,
          ...(mode === "http"
            ? { SLACK_SIGNING_SECRET: secrets.signingSecret }
            : { SLACK_APP_TOKEN: secrets.appToken }),
          ...(alerting === undefined ? {} : { ALERTMANAGER_URL: alerting.alertmanagerUrl }),
          ...world.env(),
          ...(gitlab === undefined ? {} : gitlabEnv(gitlab)),
          ...options.env,
        },
      });
    let bot = await start();
    cleanups.push(() => bot.stop());
    // Not before: that the bot is down would be the first alert.
    await alerting?.evaluate(true);
    const restartBot = async (signal: "SIGTERM" | "SIGKILL") => {
      // It may have died by itself.
      if (bot.child.exitCode === null && bot.child.signalCode === null) {
        const gone = new Promise((resolve) => bot.child.once("exit", resolve));
        bot.child.kill(signal);
        await gone;
      }
      bot = await start();
    };
    return {
      world,
      slack,
      gitlab,
      get bot() {
        return bot;
      },
      faults,
      alerting,
      restartBot,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gitlabEnv({ url, project, token }: GitLabSimulation): Record<string, string> {
  return {
    GITLAB_URL: url,
    GITLAB_PROJECT: project,
    GITLAB_TOKEN: token("dfbot"),
    GITLAB_APPROVER_TOKEN: token("dfbot-approver"),
    GITLAB_WEBHOOK_SECRET: gitlabWebhookSecret,
  };
}
