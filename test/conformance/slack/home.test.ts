import type { KnownBlock } from "@slack/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { type App, startApp } from "./app.ts";
import { openSubject, real, type Subject } from "./subject.ts";

const text = (value: string): KnownBlock => ({ type: "section", text: { type: "mrkdwn", text: value } });
const home = (blocks: KnownBlock[] = [text("x")], more: object = {}) => ({ type: "home" as const, blocks, ...more });
const subscribed = { homeTab: true, botEvents: ["app_home_opened"] };
const ada = "U0ADA";

let app: App;
let subject: Subject;
beforeEach(async () => {
  app = await startApp();
  subject = await openSubject([], app.url, { ...subscribed, eventRetryMs: [20, 20, 20] });
});
afterEach(async () => {
  await subject.close();
  await app.stop();
});
const reopen = async (more: object) => {
  await subject.close();
  subject = await openSubject([], app.url, { ...subscribed, ...more });
};
const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation has people");
  return subject.simulation;
};
const publish = (view: object, more: object = {}) =>
  subject.client.apiCall("views.publish", { user_id: ada, view, ...more });
const refusal = (view: object, more: object = {}) => subject.error(() => publish(view, more));
const published = z.object({ view: z.looseObject({ id: z.string(), hash: z.string() }) });

describe.skipIf(real)("views.publish (https://docs.slack.dev/reference/methods/views.publish#errors)", () => {
  it("needs no scope, and answers with the view as it is kept", async () => {
    const answer = await publish(home([text("hello")], { callback_id: "home" }));
    expect(answer).toMatchObject({
      ok: true,
      view: { type: "home", callback_id: "home", private_metadata: "", state: { values: {} }, blocks: [text("hello")] },
    });
    const { view } = published.parse(answer);
    expect(simulated().people.homeOf(ada)).toMatchObject({ id: view.id, hash: view.hash });
    expect(simulated().people.homeOf("U0GRACE")).toBeUndefined();
  });

  it("is not_enabled while the app has no Home tab", async () => {
    await reopen({ homeTab: false });
    expect(await refusal(home())).toBe("not_enabled");
  });

  it("keeps one view a person, and refuses the hash of an older state as hash_conflict", async () => {
    const first = published.parse(await publish(home([text("first")])));
    const second = published.parse(await publish(home([text("second")]), { hash: first.view.hash }));
    expect(second.view.id).toBe(first.view.id);
    expect(second.view.hash).not.toBe(first.view.hash);
    expect(await refusal(home([text("third")]), { hash: first.view.hash })).toBe("hash_conflict");
    expect(simulated().people.homeOf(ada)?.definition.blocks).toEqual([text("second")]);
  });

  it("knows no stranger (bolt-python#954)", async () => {
    expect(await refusal(home(), { user_id: "U0NOBODY" })).toBe("invalid_arguments");
    expect(await refusal(home(), { user_id: "" })).toBe("invalid_arguments");
  });

  const field = (count: number, length: number) =>
    Array.from(
      { length: count },
      (): KnownBlock => ({
        type: "section",
        fields: Array.from({ length: 2 }, () => ({ type: "mrkdwn" as const, text: "x".repeat(length) })),
      }),
    );
  it.each<readonly [string, object]>([
    ["a modal", { type: "modal", title: { type: "plain_text", text: "t" }, blocks: [text("x")] }],
    ["a title", { ...home(), title: { type: "plain_text", text: "t" } }],
    ["101 blocks", home(Array.from({ length: 101 }, () => text("x")))],
    ["a block that Slack does not know", { ...home(), blocks: [{ type: "confetti" }] }],
    ["metadata over 3,000 characters", home([text("x")], { private_metadata: "x".repeat(3_001) })],
  ])("refuses %s as invalid_arguments (https://docs.slack.dev/reference/views/home-tab-views)", async (_, view) => {
    expect(await refusal(view)).toBe("invalid_arguments");
  });

  it("refuses more than 250 kB as view_too_large, and takes 100 blocks", async () => {
    expect(await refusal(home(field(70, 1_900)))).toBe("view_too_large");
    expect(await refusal(home(Array.from({ length: 100 }, () => text("x"))))).toBe("no error");
  });

  it("is refused by views.open (slackapi/node-slack-sdk#925), and its view is not one for views.update", async () => {
    const open = subject.error((client) => client.apiCall("views.open", { trigger_id: "1", view: home() }));
    expect(await open).toBe("invalid_arguments");
    const { view } = published.parse(await publish(home()));
    const modal = { type: "modal", title: { type: "plain_text", text: "t" }, blocks: [text("x")] };
    const update = subject.error((client) => client.apiCall("views.update", { view_id: view.id, view: modal }));
    expect(await update).toBe("not_found");
  });
});

describe.skipIf(real)("app_home_opened (https://docs.slack.dev/reference/events/app_home_opened)", () => {
  it("comes in the envelope of events, signed, and with the view once there is one", async () => {
    expect(await simulated().people.openHome({ user: ada })).toEqual({ ok: true });
    expect(app.received[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "x-slack-signature": expect.stringMatching(/^v0=[0-9a-f]{64}$/),
    });
    expect(app.last()).toMatchObject({
      type: "event_callback",
      event_id: expect.stringMatching(/^Ev[0-9A-Z]+$/),
      event_time: expect.any(Number),
      authorizations: [{ user_id: "U0BOT", is_bot: true }],
      event: { type: "app_home_opened", user: ada, channel: "D0ADA", tab: "home", event_ts: expect.any(String) },
    });
    expect(app.last()).not.toHaveProperty("event.view");
    const { view } = published.parse(await publish(home([text("hello")])));
    await simulated().people.openHome({ user: ada });
    expect(app.last()).toMatchObject({ event: { view: { id: view.id, hash: view.hash, blocks: [text("hello")] } } });
    await simulated().people.openHome({ user: ada, tab: "messages" });
    expect(app.last()).toMatchObject({ event: { tab: "messages" } });
    expect(app.last()).not.toHaveProperty("event.view");
  });

  it("is not sent to an app that did not subscribe", async () => {
    await reopen({ botEvents: [] });
    expect(await simulated().people.openHome({ user: ada })).toEqual({ ok: true });
    expect(app.received).toEqual([]);
  });

  it("is sent again three times while nobody acknowledges, the same event (https://docs.slack.dev/apis/events-api/#retries)", async () => {
    app.reply = () => ({ code: 500 });
    await simulated().people.openHome({ user: ada });
    await expect.poll(() => app.received.length).toBe(4);
    expect(new Set(app.received.map(({ body }) => z.object({ event_id: z.string() }).parse(body).event_id)).size).toBe(
      1,
    );
    expect(app.received.map(({ headers }) => headers["x-slack-retry-num"])).toEqual([undefined, "1", "2", "3"]);
    expect(app.received[1]?.headers["x-slack-retry-reason"]).toBe("http_error");
  });

  it("is sent again until somebody acknowledges, and not to an app that says x-slack-no-retry", async () => {
    app.reply = () => ({ code: app.received.length < 2 ? 500 : 200 });
    await simulated().people.openHome({ user: ada });
    await expect.poll(() => app.received.length).toBe(2);
    app.reply = () => ({ code: 500, headers: { "x-slack-no-retry": "1" } });
    await simulated().people.openHome({ user: ada });
    // Three retries would have come by then.
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(app.received.length).toBe(3);
  });

  it("comes over a socket in an envelope of its kind (https://docs.slack.dev/apis/events-api/using-socket-mode)", async () => {
    await reopen({ deliver: { mode: "socket" }, eventRetryMs: [20, 20, 20] });
    const socket = new WebSocket(`${simulated().origin.replace("http", "ws")}/link/?ticket=fake`);
    const envelopes: { readonly envelope_id: string; readonly retry_attempt?: number }[] = [];
    socket.on("message", (data) => {
      const message: unknown = JSON.parse(String(data));
      const envelope = z.looseObject({ envelope_id: z.string(), retry_attempt: z.number().exactOptional() });
      const parsed = envelope.safeParse(message).data;
      if (parsed === undefined) return;
      envelopes.push(parsed);
      // The first is left without an ack, for three seconds.
      if (envelopes.length > 1) socket.send(JSON.stringify({ envelope_id: parsed.envelope_id }));
    });
    await new Promise((resolve) => socket.once("open", resolve));
    await simulated().people.openHome({ user: ada });
    await expect.poll(() => envelopes.length).toBe(2);
    expect(envelopes).toMatchObject([
      {
        type: "events_api",
        accepts_response_payload: false,
        payload: { type: "event_callback", event: { type: "app_home_opened", user: ada } },
      },
      { type: "events_api", retry_attempt: 1, retry_reason: "timeout" },
    ]);
    expect(envelopes[0]).not.toHaveProperty("retry_attempt");
    socket.terminate();
  }, 10_000);
});

describe.skipIf(real)(
  "a click on the Home tab (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload)",
  () => {
    const press: KnownBlock = {
      type: "actions",
      block_id: "tools",
      elements: [{ type: "button", action_id: "refresh", value: "now", text: { type: "plain_text", text: "Refresh" } }],
    };

    it("names the view and carries a trigger that opens a dialog, but no channel and no response_url", async () => {
      const { view } = published.parse(await publish(home([press], { private_metadata: "page=2" })));
      const clicked = { user: ada, view_id: view.id, block_id: "tools", action_id: "refresh" };
      expect(await simulated().people.action(clicked)).toEqual({ ok: true });
      expect(app.last()).toMatchObject({
        type: "block_actions",
        user: { id: ada },
        container: { type: "view", view_id: view.id },
        view: { id: view.id, type: "home", hash: view.hash, private_metadata: "page=2", state: { values: {} } },
        actions: [{ type: "button", action_id: "refresh", block_id: "tools", value: "now" }],
      });
      for (const absent of ["channel", "response_url", "message"]) expect(app.last()).not.toHaveProperty(absent);
      const { trigger_id } = z.object({ trigger_id: z.string() }).parse(app.last());
      const modal = { type: "modal", title: { type: "plain_text", text: "t" }, blocks: [text("x")] };
      expect(await subject.error((client) => client.apiCall("views.open", { trigger_id, view: modal }))).toBe(
        "no error",
      );
    });

    it("is one's own: nobody can press in another's Home", async () => {
      const { view } = published.parse(await publish(home([press])));
      const clicked = { user: "U0GRACE", view_id: view.id, block_id: "tools", action_id: "refresh" };
      expect(await simulated().people.action(clicked)).toMatchObject({ ok: false });
      expect(app.received).toEqual([]);
    });
  },
);
