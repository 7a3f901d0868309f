import { LogLevel, WebClient } from "@slack/web-api";
import { type SlackOptions, type SlackSimulation, startSlack } from "../../../sandbox/slack/server.ts";

/** The workspace under test: the simulation, or the real one that the token leads to. */
export interface Subject {
  readonly client: WebClient;
  /** A channel that the bot is a member of. */
  readonly channel: string;
  /** Undefined against the real Slack, where people and triggers cannot be made. */
  readonly simulation: SlackSimulation | undefined;
  /** The error code of a call that has to fail. */
  error(call: (client: WebClient) => Promise<unknown>): Promise<string>;
  close(): Promise<void>;
}

export const real = process.env["DFBOT_CONFORMANCE_SLACK_TOKEN"];
/** The refusals are what is looked for, so the client need not log them. */
const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};
const quick = { retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logger: silent } as const;

export async function openSubject(
  scopes: readonly string[] = [
    "commands",
    "chat:write",
    "im:write",
    "files:write",
    "usergroups:read",
    "users:read",
    "channels:read",
  ],
  requestUrl = "http://127.0.0.1:1/",
  more: Partial<SlackOptions> = {},
): Promise<Subject> {
  const simulation =
    real === undefined
      ? await startSlack({
          signingSecret: "fake-signing-secret",
          botToken: "xoxb-fake",
          appToken: "xapp-fake",
          scopes,
          commands: [{ command: "/dragonfly", description: "", usage_hint: "" }],
          deliver: { mode: "http", requestUrl: () => requestUrl },
          ...more,
        })
      : undefined;
  const client = new WebClient(real ?? "xoxb-fake", {
    ...quick,
    ...(simulation === undefined ? {} : { slackApiUrl: simulation.apiUrl }),
  });
  return {
    client,
    simulation,
    channel: process.env["DFBOT_CONFORMANCE_SLACK_CHANNEL"] ?? "C0OPS",
    async error(call) {
      const failure: unknown = await call(client).then(
        () => "no error",
        (error: unknown) => error,
      );
      if (failure !== null && typeof failure === "object" && "data" in failure) {
        const { data } = failure;
        if (data !== null && typeof data === "object" && "error" in data) return String(data.error);
      }
      return failure instanceof Error ? failure.message : String(failure);
    },
    close: async () => simulation?.stop(),
  };
}
