import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import {
  App,
  HTTPReceiver,
  LogLevel,
  type Receiver,
  type Logger as SlackLogger,
  SocketModeReceiver,
} from "@slack/bolt";
import { WebClient, type WebClientOptions } from "@slack/web-api";
import type { Incident } from "../alerts/incident.ts";
import { BotError } from "../errors.ts";
import type { Logger } from "../logging.ts";
import type { RunRecord } from "../runbooks/durable/record.ts";
import type { Runner } from "../runbooks/runner.ts";
import { actionIds, readButtonValue } from "./buttons.ts";
import { postCard, postedOf, showProgress, showRun } from "./changes/card.ts";
import { listenToCards } from "./changes/listeners.ts";
import { runActionIds } from "./changes/run-buttons.ts";
import type { ChangeDeps, ChangeSurface } from "./changes/surface.ts";
import { createDedupe } from "./dedupe.ts";
import { slackFailure } from "./delivery/errors.ts";
import { openResponseUrl } from "./delivery/response-url.ts";
import { createSender, type Sender } from "./delivery/sender.ts";
import { homeActionIds, listenToHome } from "./home/listeners.ts";
import { incidentActionIds } from "./incidents/incident-card.ts";
import { listenToIncidents } from "./incidents/listeners.ts";
import { silenceActionIds } from "./incidents/silence.ts";
import type { IncidentDeps } from "./incidents/surface.ts";
import { showIncident } from "./incidents/thread.ts";
import { type Handle, onPress, type Pressed } from "./listen.ts";
import { type Click, onAgain, onDetails, onNext, onShare } from "./on-button.ts";
import { type CommandDeps, onCommand } from "./on-command.ts";
import { fieldActionId, listenToPlans, planActionIds } from "./planning/listeners.ts";
import type { ReportKeeper } from "./report-keeper.ts";

export const slackPath = "/slack/events";
const bodyLimit = 1024 * 1024;

export interface SlackSurfaceOptions {
  readonly mode: "http" | "socket";
  readonly botToken: string;
  readonly signingSecret: string | undefined;
  readonly appToken: string | undefined;
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
  readonly runner: Runner;
  readonly reports: ReportKeeper;
  readonly changes: ChangeSurface;
  readonly incidents: IncidentSurface;
  /** Told of everything handled: the command's word or the button's name, and the milliseconds until the ack. */
  readonly onHandled: (what: string, ackMs: number) => void;
}

/** What the Slack surface needs of the incidents. */
export type IncidentSurface = Pick<
  IncidentDeps,
  | "incidents"
  | "alertManager"
  | "mentionsFor"
  | "charts"
  | "escalations"
  | "runbookFor"
  | "degraded"
  | "openIncidents"
  | "now"
>;

export interface SlackSurface {
  /** Slack ids of the people in a user group. Throws Slack's error. */
  groupMembers(id: string): Promise<readonly string[]>;
  /** Brings a run's card up to date. */
  showRun(record: RunRecord): Promise<void>;
  showProgress(record: RunRecord, text: string): Promise<void>;
  /** Posts the card of a run that has none. Throws Slack's error. */
  postCard(record: RunRecord): Promise<void>;
  /** Brings the thread of an incident up to it. Throws Slack's error. */
  showIncident(incident: Incident): Promise<void>;
  /** Says something in the thread of a run's card. Throws Slack's error. */
  sayInThread(record: RunRecord, text: string): Promise<void>;
  /** For messages that nobody asked for. */
  readonly sender: Sender;
  /** In http mode, what POST /slack/events is handed to; it reads, limits and verifies the body itself. */
  readonly requestListener: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether Slack accepts the token; throws with its error. Returns who the bot is. */
  check(signal: AbortSignal): Promise<string>;
}

/** One Bolt app for both ways of hearing from Slack; the listeners are the same. */
export function createSlackSurface(options: SlackSurfaceOptions): SlackSurface {
  const { logger } = options;
  const clientOptions: WebClientOptions = {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    // The default retries for half an hour; a person who waits for an answer is better served by the next way.
    retryConfig: { retries: 2, minTimeout: 200, maxTimeout: 1_000 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: slackLogger(logger),
  };
  const client = new WebClient(options.botToken, clientOptions);
  const careful = new WebClient(options.botToken, { ...clientOptions, retryConfig: { retries: 0 } });
  const http = options.mode === "http" ? httpReceiver(options) : undefined;
  const socket = options.mode === "socket" ? socketReceiver(options, clientOptions) : undefined;
  const receiver: Receiver = http ?? socket ?? httpReceiver(options);
  const app = new App({
    receiver,
    // Bolt's own way asks auth.test before the first listener runs, and so before the ack: a slow Slack would cost us it.
    authorize: async () => ({ botToken: options.botToken }),
    ignoreSelf: false,
    clientOptions,
    logger: slackLogger(logger),
  });
  const running = new Set<Promise<void>>();
  const { runner, reports, changes, incidents } = options;
  const deps: CommandDeps = {
    client,
    sender: createSender(client, careful),
    logger,
    runner,
    reports,
    changes,
    ...incidents,
  };
  addListeners(app, deps, options.onHandled, running);
  app.error(async (error) => logger.error({ err: error }, "a Slack listener failed"));
  return {
    requestListener: http?.requestListener,
    groupMembers: async (usergroup) => (await client.usergroups.users.list({ usergroup })).users ?? [],
    showRun: (record) => showRun(deps, record),
    showProgress: (record, text) => showProgress(deps, record, text),
    postCard: (record) => postCard(deps, record),
    showIncident: (incident) => showIncident(deps, incident),
    sayInThread: async (record, text) => {
      const posted = postedOf(record);
      if (posted !== undefined) await deps.sender.post(posted.channel, { text }, { thread: posted.ts });
    },
    sender: deps.sender,
    async start() {
      await socket?.start();
    },
    async stop() {
      await socket?.stop();
      // Somebody is looking at "Reading…" for each of these.
      await Promise.all(running);
    },
    async check() {
      const who = await client.auth.test().catch((cause: unknown) => {
        const { code } = slackFailure(cause);
        throw new BotError(
          "slack.unusable",
          `Slack does not take the bot's token, or cannot be reached (${code})`,
          "Check SLACK_BOT_TOKEN, SLACK_API_URL and the network to Slack",
          { cause },
        );
      });
      return `${who.user ?? "bot"} in ${who.team ?? "the workspace"}, ${options.mode} mode`;
    },
  };
}

function httpReceiver(options: SlackSurfaceOptions): HTTPReceiver {
  return new HTTPReceiver({
    signingSecret: options.signingSecret ?? "",
    endpoints: slackPath,
    bodyLimit,
    logger: slackLogger(options.logger),
    unhandledRequestTimeoutMillis: 2_900,
    // Before an ack nothing of ours runs: Bolt could not take the body apart, and sent again it would be the same.
    processEventErrorHandler: async ({ error, response }) => {
      options.logger.warn({ err: error }, "a signed request that is not what Slack sends");
      if (!response.headersSent) response.writeHead(400).end();
      return false;
    },
  });
}

function socketReceiver(options: SlackSurfaceOptions, clientOptions: WebClientOptions): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken: options.appToken ?? "",
    logger: slackLogger(options.logger),
    installerOptions: { clientOptions },
  });
}

function addListeners(
  app: App,
  deps: CommandDeps,
  onHandled: SlackSurfaceOptions["onHandled"],
  running: Set<Promise<void>>,
): void {
  const firstTime = createDedupe();
  /** Acks before anything else, then works on its own; what goes wrong there has its own way to be told. */
  const handle: Handle = async (what, ack, identity, work) => {
    const started = performance.now();
    await ack();
    onHandled(what, performance.now() - started);
    if (!firstTime(identity)) return;
    // Whoever else waits for an ack comes first.
    const done = setImmediate()
      .then(work)
      .catch((err: unknown) => deps.logger.error({ err, what }, "handling failed"))
      .finally(() => running.delete(done));
    running.add(done);
  };
  app.command("/dragonfly", ({ command, ack }) =>
    handle(
      "command",
      () => ack(),
      `command:${command.trigger_id}`,
      () =>
        onCommand(
          deps,
          {
            user: command.user_id,
            channel: command.channel_id,
            responseUrl: openResponseUrl(command.response_url),
            triggerId: command.trigger_id,
          },
          command.text,
        ),
    ),
  );
  const buttons: readonly (readonly [string | RegExp, (deps: ChangeDeps, click: Click) => Promise<void>])[] = [
    [actionIds.share, onShare],
    [actionIds.details, onDetails],
    [actionIds.again, onAgain],
    [new RegExp(`^${actionIds.next}_\\d+$`), onNext],
  ];
  const sayOutdated = ({ responseUrl }: Pressed) =>
    responseUrl.send({ response_type: "ephemeral", replace_original: false, text: outdated });
  for (const [id, listener] of buttons) {
    onPress(app, handle, id, async (pressed) => {
      const value = readButtonValue(pressed.value);
      await (value === undefined ? sayOutdated(pressed) : listener(deps, { ...pressed, value }));
    });
  }
  listenToCards(app, deps, handle, outdated);
  listenToPlans(app, deps, handle, outdated);
  listenToHome(app, deps, handle);
  listenToIncidents(app, deps, handle);
  onPress(app, handle, unknownAction, sayOutdated);
}

/** Whatever is not a button of ours today was one once. */
const unknownAction = new RegExp(
  `^(?!(${actionIds.share}|${actionIds.details}|${actionIds.again}|${actionIds.next}_\\d+|${[...Object.values(runActionIds), ...Object.values(homeActionIds), ...Object.values(incidentActionIds), ...Object.values(silenceActionIds), ...Object.values(planActionIds), fieldActionId].join("|")})$)`,
);
const outdated = "This button is from an older version of me. Run the command again.";

/** Slack's libraries log through ours, so that their lines are JSON and scrubbed too. */
function slackLogger(logger: Logger): SlackLogger {
  const child = logger.child({ from: "slack" });
  const text = (parts: readonly unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(" ");
  return {
    debug: (...parts) => child.trace(text(parts)),
    info: (...parts) => child.debug(text(parts)),
    warn: (...parts) => child.warn(text(parts)),
    error: (...parts) => child.error(text(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.DEBUG,
    setName: () => undefined,
  };
}
