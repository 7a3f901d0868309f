import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSubject, real, type Subject } from "./subject.ts";

const scopes = ["chat:write", "im:write", "channels:history", "groups:history", "im:history"];
let subject: Subject;
beforeEach(async () => {
  subject = await openSubject(scopes);
});
afterEach(() => subject.close());

const metadata = { event_type: "change_request", event_payload: { id: "r-7", attempt: 2 } };
const post = async (text: string, more: object = {}) => {
  const { ts = "" } = await subject.client.chat.postMessage({ channel: subject.channel, text, ...more });
  return ts;
};
const history = (more: object = {}) =>
  subject.client.conversations.history({ channel: subject.channel, limit: 1, ...more });

describe("message metadata (https://docs.slack.dev/messaging/message-metadata)", () => {
  it("comes back when it is asked for, and not otherwise", async () => {
    await post("with metadata", { metadata });
    expect((await history({ include_all_metadata: true })).messages?.[0]).toMatchObject({ metadata });
    expect((await history()).messages?.[0]).not.toHaveProperty("metadata");
  });

  it("stays when a message is updated without any, changes with other, and goes with an empty object", async () => {
    const ts = await post("first", { metadata });
    const shown = async () => (await history({ include_all_metadata: true })).messages?.[0]?.metadata;
    const update = (more: object) =>
      subject.client.apiCall("chat.update", { channel: subject.channel, ts, text: "next", ...more });
    await update({});
    expect(await shown()).toEqual(metadata);
    const changed = { event_type: "change_request", event_payload: { id: "r-8" } };
    await update({ metadata: changed });
    expect(await shown()).toEqual(changed);
    await update({ metadata: {} });
    expect(await shown()).toBeUndefined();
  });

  it("of a wrong event_type is dropped with a warning, of another shape refused", async () => {
    const answer = await subject.client.apiCall("chat.postMessage", {
      channel: subject.channel,
      text: "dotted",
      metadata: { ...metadata, event_type: "change.request" },
    });
    expect(answer).toMatchObject({ ok: true, warning: "invalid_metadata_schema" });
    expect((await history({ include_all_metadata: true })).messages?.[0]).not.toHaveProperty("metadata");
    const shapeless = subject.error((client) =>
      client.apiCall("chat.postMessage", { channel: subject.channel, text: "x", metadata: { event_type: "a" } }),
    );
    expect(await shapeless).toBe("invalid_metadata_format");
  });
});

describe("conversations.history (https://docs.slack.dev/reference/methods/conversations.history)", () => {
  it("is newest first, page by page, without the replies of threads", async () => {
    const first = await post("first");
    const second = await post("second");
    await post("a reply", { thread_ts: first });
    const page = await history();
    expect(page).toMatchObject({ has_more: true, messages: [{ ts: second, text: "second" }] });
    const next = await history({ cursor: page.response_metadata?.next_cursor });
    expect(next.messages).toMatchObject([{ ts: first, text: "first", reply_count: 1 }]);
  });

  it("keeps between oldest and latest, and has the edges when asked", async () => {
    const [first, second] = [await post("first"), await post("second")];
    const range = { oldest: first, latest: second, limit: 10 };
    expect((await history(range)).messages).toEqual([]);
    expect((await history({ ...range, inclusive: true })).messages?.map(({ ts }) => ts)).toEqual([second, first]);
  });

  it.skipIf(real)("leaves out what only one person sees", async () => {
    await subject.client.chat.postEphemeral({ channel: subject.channel, user: "U0ADA", text: "secret" });
    expect((await history()).messages).toEqual([]);
  });

  it("refuses times and cursors that are none", async () => {
    const error = (more: object) => subject.error(() => history(more));
    expect(await error({ latest: "yesterday" })).toBe("invalid_ts_latest");
    expect(await error({ oldest: "long ago" })).toBe("invalid_ts_oldest");
    expect(await error({ cursor: "nonsense" })).toBe("invalid_cursor");
    expect(await error({ channel: "C0NOWHERE" })).toBe("channel_not_found");
  });

  it.skipIf(real)("needs the scope of its kind of conversation, and the bot in it", async () => {
    const error = async (channel: string, without: string) => {
      await subject.close();
      subject = await openSubject(scopes.filter((scope) => scope !== without));
      return subject.error((client) => client.conversations.history({ channel }));
    };
    expect(await error("C0OPS", "channels:history")).toBe("missing_scope");
    expect(await error("C0PRIVATE", "groups:history")).toBe("missing_scope");
    expect(await error("C0OPS", "groups:history")).toBe("no error");
    expect(await error("C0GENERAL", "")).toBe("not_in_channel");
    expect(await error("C0PRIVATE", "")).toBe("channel_not_found");
    const { channel } = await subject.client.conversations.open({ users: "U0ADA" });
    expect(await subject.error((client) => client.conversations.history({ channel: channel?.id ?? "" }))).toBe(
      "no error",
    );
    await subject.close();
    subject = await openSubject(scopes.filter((scope) => scope !== "im:history"));
    const direct = await subject.client.conversations.open({ users: "U0ADA" });
    const refused = subject.error((client) => client.conversations.history({ channel: direct.channel?.id ?? "" }));
    expect(await refused).toBe("missing_scope");
  });
});

describe("conversations.replies (https://docs.slack.dev/reference/methods/conversations.replies)", () => {
  it("is the message and its replies, oldest first, page by page, with metadata when asked", async () => {
    const parent = await post("parent");
    const replies = [await post("one", { thread_ts: parent, metadata }), await post("two", { thread_ts: parent })];
    const ask = (more: object) =>
      subject.client.conversations.replies({ channel: subject.channel, ts: parent, ...more });
    const all = await ask({ include_all_metadata: true });
    expect(all.messages?.map(({ ts }) => ts)).toEqual([parent, ...replies]);
    expect(all.messages?.[1]).toMatchObject({ metadata });
    const first = await ask({ limit: 2 });
    expect(first.has_more).toBe(true);
    const second = await ask({ limit: 2, cursor: first.response_metadata?.next_cursor });
    expect(second.messages?.map(({ ts }) => ts)).toContain(replies[1]);
  });

  it("refuses what is no thread", async () => {
    const ask = () => subject.client.conversations.replies({ channel: subject.channel, ts: "1.000001" });
    expect(await subject.error(ask)).toBe("thread_not_found");
  });
});
