import { afterAll, beforeAll, expect, it } from "vitest";
import { sign } from "../../../sandbox/slack/delivery.ts";
import { type SlackWorld, signingSecret, startSlackWorld } from "../../fakes/slack-world.ts";

let world: SlackWorld;
beforeAll(async () => {
  world = await startSlackWorld("http");
});
afterAll(() => world.stop());

interface Change {
  readonly body?: string;
  readonly timestamp?: number;
  readonly signature?: string;
  readonly contentType?: string;
}

const now = () => Math.floor(Date.now() / 1_000);

async function post({
  body = "command=%2Fdragonfly&text=help&ssl_check=0",
  timestamp = now(),
  signature,
  contentType = "application/x-www-form-urlencoded",
}: Change): Promise<Response> {
  return fetch(`${world.botUrl}/slack/events`, {
    method: "POST",
    headers: {
      "content-type": contentType,
      "x-slack-request-timestamp": String(timestamp),
      "x-slack-signature": signature ?? sign(signingSecret, String(timestamp), body),
    },
    body,
  });
}

it("a request signed with another secret is refused", async () => {
  const timestamp = now();
  expect(
    (await post({ timestamp, signature: sign("another-secret", String(timestamp), "x=1"), body: "x=1" })).status,
  ).toBe(401);
});

it("a request whose body was changed after signing is refused", async () => {
  const timestamp = now();
  expect(
    (await post({ timestamp, signature: sign(signingSecret, String(timestamp), "text=status"), body: "text=delete" }))
      .status,
  ).toBe(401);
});

it("a replay from six minutes ago is refused, though its signature is right", async () => {
  expect((await post({ timestamp: now() - 360 })).status).toBe(401);
});

it("a request without signature headers is refused", async () => {
  const body = new URLSearchParams({ command: "/dragonfly" });
  expect((await fetch(`${world.botUrl}/slack/events`, { method: "POST", body })).status).toBe(401);
});

it("a body over a megabyte is refused without being read to its end", async () => {
  const response = await post({ body: `text=${"x".repeat(1_100_000)}` }).catch(() => undefined);
  expect([413, undefined]).toContain(response?.status);
});

it.each([
  ["payload=%7Bnot-json", "application/x-www-form-urlencoded"],
  ["{not json", "application/json"],
  ["", "application/json"],
  ["payload=null", "application/x-www-form-urlencoded"],
  ["\u0000\u0001\u0002", "application/octet-stream"],
])("the malformed body %j is refused, and the bot goes on", async (body, contentType) => {
  const response = await post({ body, contentType });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(await response.text()).not.toMatch(/\bat .*\.(ts|js):/);
  expect((await fetch(`${world.botUrl}/healthz`)).status).toBe(200);
});

it.each([
  { type: "block_actions", actions: [null] },
  { type: "block_actions", actions: 1, team: null },
  { type: "view_submission", view: null },
  { type: "block_actions", actions: [{ type: "button", action_id: {} }] },
])("the signed payload %j, which Slack never sends, is refused and is no failure of the bot", async (payload) => {
  const response = await post({ body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString() });
  expect([400, 404]).toContain(response.status);
});

it("a route that does not exist says so in JSON", async () => {
  const response = await fetch(`${world.botUrl}/nowhere`);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: "not_found", message: "There is no GET /nowhere here." });
});
