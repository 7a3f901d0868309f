import { pino } from "pino";
import { type SlackSimulation, startSlack } from "../../sandbox/slack/server.ts";
import type { StoredMessage } from "../../sandbox/slack/workspace.ts";
import type { ChangeSurface } from "../../src/commands/changes/surface.ts";
import type { Sender } from "../../src/commands/delivery/sender.ts";
import { createReportKeeper, type KeyValueStore } from "../../src/commands/report-keeper.ts";
import { isSlackBody } from "../../src/commands/request-body.ts";
import { createSlackSurface, slackPath } from "../../src/commands/slack-app.ts";
import { createHttpServer } from "../../src/http/server.ts";
import type { Platform } from "../../src/platform/ports.ts";
import { catalog } from "../../src/runbooks/catalog/index.ts";
import type { Runbook } from "../../src/runbooks/definition.ts";
import type { RunRecord } from "../../src/runbooks/durable/record.ts";
import { createRunner } from "../../src/runbooks/runner.ts";
import { config, fakePlatform } from "./platform.ts";

export const scopes = [
  "commands",
  "chat:write",
  "im:write",
  "files:write",
  "usergroups:read",
  "channels:history",
  "groups:history",
];
export const slashCommand = {
  command: "/dragonfly",
  description: "Ask about the Dragonfly cluster",
  usage_hint: "status | role | help",
};
export const signingSecret = "fake-signing-secret";

export interface SlackWorld {
  readonly slack: SlackSimulation;
  readonly botUrl: string;
  readonly logs: readonly string[];
  /** Everything Ada can see in a channel. */
  shown(channel?: string, user?: string): readonly StoredMessage[];
  ask(text: string, channel?: string, user?: string): ReturnType<SlackSimulation["people"]["command"]>;
  press(label: string, message: StoredMessage, user?: string): ReturnType<SlackSimulation["people"]["action"]>;
  groupMembers(id: string): Promise<readonly string[]>;
  readonly sender: Sender;
  /** Brings the card of a run up to date. */
  showRun(record: RunRecord): Promise<void>;
  /** Stops the bot and leaves Slack. */
  stopBot(): Promise<void>;
  stop(): Promise<void>;
}

export interface SlackWorldOptions {
  /** What the bot token may do; all that the manifest asks for by default. */
  readonly scopes?: readonly string[];
  readonly changes?: ChangeSurface;
  /** Read runbooks beside those of the catalog, or in place of those with the same id. */
  readonly reads?: readonly Runbook[];
  /** Where reports are kept beside memory. */
  readonly store?: KeyValueStore;
}

/** No change runbook at all. */
export const noChanges: ChangeSurface = {
  runbooks: [],
  driver: { submit: refused, vote: refused, voidApproval: refused, cancel: refused, rerun: refused, amend: refused },
  runs: async () => [],
  run: async () => undefined,
  knownContext: () => ({ now: new Date(), policy: undefined, memberships: new Map(), delegations: [] }),
  decisionContext: refused,
  permit: async () => undefined,
  audit: async () => ({ entries: [], complete: true }),
  auditChannel: undefined,
  operationsChannel: undefined,
  choices: {},
  now: () => new Date(),
};
async function refused(): Promise<never> {
  throw new Error("there are no change runbooks here");
}

/** The real Slack surface and HTTP server on the Slack simulation, over a platform of plain data. */
export async function startSlackWorld(
  mode: "http" | "socket",
  platform: Platform = fakePlatform(),
  options: SlackWorldOptions = {},
): Promise<SlackWorld> {
  let botUrl = "";
  const { reads = [] } = options;
  const slack = await startSlack({
    signingSecret,
    botToken: "xoxb-fake-bot",
    appToken: "xapp-fake-app",
    scopes: options.scopes ?? scopes,
    commands: [slashCommand],
    homeTab: true,
    botEvents: ["app_home_opened"],
    deliver: mode === "http" ? { mode, requestUrl: () => `${botUrl}${slackPath}` } : { mode },
  });
  const logs: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void logs.push(line) });
  const runner = createRunner({
    runbooks: [...reads, ...catalog.filter(({ id }) => !reads.some((own) => own.id === id))],
    config: { ...config, readTimeoutMs: 400 },
    platform,
    scrub: (text) => text,
    now: () => new Date("2026-01-02T12:00:00Z"),
  });
  const surface = createSlackSurface({
    mode,
    botToken: "xoxb-fake-bot",
    signingSecret,
    appToken: "xapp-fake-app",
    apiUrl: slack.apiUrl,
    logger,
    runner,
    reports: createReportKeeper(options.store, logger),
    changes: options.changes ?? noChanges,
    incidents: {
      incidents: { amend: refused },
      alertManager: { activeAlerts: refused, silences: refused, silence: refused, expire: refused },
      openIncidents: async () => [],
      mentionsFor: () => "",
      charts: { draw: refused },
      escalations: [],
      degraded: () => undefined,
      runbookFor: () => undefined,
      now: () => new Date(),
    },
    onHandled: () => undefined,
  });
  const listener = surface.requestListener;
  const http = createHttpServer({
    logger,
    readiness: () => ({ ready: true, dependencies: [] }),
    metrics: async () => "",
    slack: listener === undefined ? undefined : { path: slackPath, accepts: isSlackBody, listener },
  });
  botUrl = await http.listen({ host: "127.0.0.1", port: 0 });
  await surface.start();
  if (mode === "socket") await waitFor(() => slack.log.some(({ method }) => method === "apps.connections.open"));
  const stopBot = async () => {
    await http.close();
    await surface.stop();
  };
  return {
    slack,
    botUrl,
    logs,
    shown: (channel = "C0OPS", user = "U0ADA") =>
      slack.workspace.messages.filter((message) => message.channel === channel && (message.onlyFor ?? user) === user),
    ask: (text, channel = "C0OPS", user = "U0ADA") => slack.people.command({ user, channel, text }),
    press: (label, message, user = "U0ADA") => {
      const button = buttonsOf(message.blocks).find((candidate) => candidate.text === label);
      if (button === undefined)
        throw new Error(`no button ${label} in ${JSON.stringify(message.blocks).slice(0, 500)}`);
      return slack.people.action({
        user,
        message: { channel: message.channel, ts: message.ts },
        block_id: "",
        action_id: button.actionId,
      });
    },
    showRun: (record) => surface.showRun(record),
    groupMembers: (id) => surface.groupMembers(id),
    sender: surface.sender,
    stopBot,
    async stop() {
      await stopBot();
      await slack.stop();
    },
  };
}

function buttonsOf(blocks: readonly unknown[]): readonly { readonly text: string; readonly actionId: string }[] {
  return blocks.flatMap((block) => {
    const elements =
      block !== null && typeof block === "object" && "elements" in block && Array.isArray(block.elements)
        ? block.elements
        : [];
    return elements.flatMap((element) =>
      element?.type === "button" ? [{ text: String(element.text.text), actionId: String(element.action_id) }] : [],
    );
  });
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
}
