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

/** Mutations of what GitLab sends, with the token or with a signature that is right for them. */
export function gitlabPost(dice: Dice, mutator: Mutator, key: Buffer, n: number): Post {
  const iid = dice.between(1, 50);
  const whole = {
    event_type: "any",
    user: { username: "ada", name: "Ada" },
    project: { id: 1, path_with_namespace: "platform/gitops" },
    ...dice.pick<Fields>([
      { object_kind: "merge_request", object_attributes: { iid, source_branch: "x", action: "open", title: "X" } },
      { object_kind: "pipeline", object_attributes: { ref: "main", status: "success" }, merge_request: { iid } },
      { object_kind: "note", object_attributes: { note: "hello" }, merge_request: { iid } },
      { object_kind: "push", ref: "refs/heads/main", commits: [{ id: "a", message: "b" }] },
      { object_kind: "issue", object_attributes: { iid } },
    ]),
  };
  const body = dice.chance(0.6)
    ? Buffer.from(mutator.structure(whole))
    : mutator.bytes(Buffer.from(JSON.stringify(whole)));
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const id = dice.chance(0.1) ? "again" : `m-${n}`;
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const headers = dice.pick<Record<string, string>>([
    { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` },
    { "x-gitlab-token": gitlabSecret(key), "idempotency-key": id },
    { "x-gitlab-token": gitlabSecret(key).slice(dice.between(0, 2)), "x-gitlab-event-uuid": String(n % 7) },
    {
      "webhook-id": id,
      "webhook-timestamp": dice.pick([timestamp, "0", "x"]),
      "webhook-signature": dice.pick(["v1,", "v1,x v1,", signature]),
    },
  ]);
  return {
    path: "/webhooks/gitlab",
    headers: { "content-type": dice.pick(["application/json", "text/plain", "x"]), ...headers },
    body,
  };
}

export const gitlabSecret = (key: Buffer) => `whsec_${key.toString("base64")}`;

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
