import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { notification } from "../../fakes/notification.ts";
import type { Dice } from "../random/dice.ts";
import type { Mutator } from "./mutate.ts";

/** One POST to the bot. */
export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Mutations of what Alertmanager sends. */
export function alertPost(dice: Dice, mutator: Mutator, token: string, n: number): Post {
  const told = {
    group: String(n % 50),
    alertname: dice.pick(["DragonflyPodDown", "DragonflyNoPrimary", "Watchdog"]),
    status: dice.pick(["firing", "firing", "resolved"] as const),
    severity: dice.pick(["critical", "warning", "info", "none"]),
    pods: ["dragonfly-0", "dragonfly-1"].slice(0, dice.between(1, 2)),
  };
  const whole = notification(told);
  const body = dice.chance(0.6)
    ? Buffer.from(mutator.structure(whole))
    : mutator.bytes(Buffer.from(JSON.stringify(whole)));
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": dice.pick(["application/json", "application/json", "text/plain", "x"]),
  };
  return { path: "/webhooks/alertmanager", headers, body };
}

/** Mutations of what Slack sends, with a signature that is right for them. */
export function slackPost(dice: Dice, mutator: Mutator, secret: string, responseUrl: string, n: number): Post {
  const whole = dice.pick(slackBodies)(String(n), responseUrl);
  const bytes = dice.chance(0.5);
  const text = (value: unknown) => (bytes ? JSON.stringify(value) : mutator.structure(value));
  const form = whole.kind === "event" ? text(whole.body) : formOf(whole.kind, whole.body, text);
  const body = bytes ? mutator.bytes(Buffer.from(form)) : Buffer.from(form);
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest("hex");
  return {
    path: "/slack/events",
    headers: {
      "content-type": whole.kind === "event" ? "application/json" : "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${signature}`,
    },
    body,
  };
}

function formOf(kind: "command" | "interaction", body: Fields, text: (value: unknown) => string): string {
  if (kind === "interaction") return new URLSearchParams({ payload: text(body) }).toString();
  const changed: unknown = JSON.parse(text(body));
  const fields =
    changed !== null && typeof changed === "object" ? Object.entries(changed) : [["text", String(changed)] as const];
  return new URLSearchParams(
    fields.map(([name, value]) => [
      name.toWellFormed(),
      (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
    ]),
  ).toString();
}

type Fields = Readonly<Record<string, unknown>>;
interface SlackBody {
  readonly kind: "command" | "interaction" | "event";
  readonly body: Fields;
}

const user = { id: "U0ADA", username: "ada", name: "ada", team_id: "T0SANDBOX" };
const common = { token: "fake", api_app_id: "A0SANDBOX", team: { id: "T0SANDBOX", domain: "sandbox" }, user };
const team = { team_id: "T0SANDBOX", team_domain: "sandbox", api_app_id: "A0SANDBOX" };

const slackBodies: readonly ((id: string, responseUrl: string) => SlackBody)[] = [
  (id, response_url) => ({
    kind: "command",
    body: {
      ...team,
      command: "/dragonfly",
      text: "help",
      user_id: "U0ADA",
      user_name: "ada",
      channel_id: "C0OPS",
      channel_name: "ops",
      response_url,
      trigger_id: `t.${id}`,
    },
  }),
  ...[
    "report_again",
    "report_next_0",
    "run_approve",
    "incident_ack",
    "incident_silence",
    "incident_run",
    "unknown",
  ].map(
    (action_id) =>
      (id: string, response_url: string): SlackBody => ({
        kind: "interaction",
        body: {
          ...common,
          type: "block_actions",
          trigger_id: `t.${id}`,
          response_url,
          container: { type: "message", message_ts: "1.2", channel_id: "C0OPS", is_ephemeral: false },
          channel: { id: "C0OPS", name: "ops" },
          message: { type: "message", user: "U0BOT", ts: "1.2", text: "hello", blocks: [] },
          state: { values: {} },
          actions: [
            {
              type: "button",
              action_id,
              block_id: "b",
              value: '{"run":"x"}',
              action_ts: `1.${id}`,
              text: { type: "plain_text", text: "Go" },
            },
          ],
        },
      }),
  ),
  (id) => ({
    kind: "interaction",
    body: {
      ...common,
      type: "view_submission",
      trigger_id: `t.${id}`,
      view: {
        id: `V${id}`,
        type: "modal",
        callback_id: "incident_silence",
        private_metadata: "i-1",
        hash: "h",
        state: { values: { hours: { hours: { type: "static_select", selected_option: { value: "2" } } } } },
      },
    },
  }),
  (id) => ({
    kind: "event",
    body: {
      ...team,
      token: "fake",
      type: "event_callback",
      event_id: `Ev${id}`,
      event_time: 1,
      authorizations: [{ team_id: "T0SANDBOX", user_id: "U0BOT", is_bot: true }],
      event: { type: "message", user: "U0ADA", channel: "C0OPS", text: "hello", ts: `1.${id}` },
    },
  }),
  () => ({ kind: "event", body: { token: "fake", challenge: "abc", type: "url_verification" } }),
];

export interface Answer {
  readonly code: number;
  readonly body: string;
}

/** As many connections as are wanted at once that stay open. */
export function createClient(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
  return {
    /** Rejects when no answer came. */
    post: ({ path, headers, body }: Post): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const sent = request(
          {
            host: "127.0.0.1",
            port,
            path,
            method: "POST",
            agent,
            headers: { ...headers, "content-length": body.length },
          },
          (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (part: string) => {
              text += part;
            });
            response.on("end", () => resolve({ code: response.statusCode ?? 0, body: text }));
            response.on("error", reject);
          },
        );
        sent.on("error", reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** So many at once, until all are done. */
export async function inParallel(count: number, atOnce: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
