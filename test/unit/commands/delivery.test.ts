import { WebClient } from "@slack/web-api";
import { pino } from "pino";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  answerPrivately,
  answerPublicly,
  type DeliveryDeps,
  finishPosted,
  noteAfterMs,
} from "../../../src/commands/delivery/answer.ts";
import type { ResponseBody, ResponseUrl } from "../../../src/commands/delivery/response-url.ts";
import type { Message, Posted, Sender } from "../../../src/commands/delivery/sender.ts";
import { BotError } from "../../../src/errors.ts";

interface Sent {
  readonly way: string;
  readonly channel?: string;
  readonly text: string;
  readonly blocks?: unknown;
}

let sent: Sent[];
let logs: string[];
/** The error code a way answers with; a way that is not here works. */
let refusals: Map<
  string,
  string | ((message: { readonly text: string; readonly blocks?: unknown }) => string | undefined)
>;
let bodies: ResponseBody[];

beforeEach(() => {
  sent = [];
  logs = [];
  refusals = new Map();
  bodies = [];
});

function refused(way: string, message: { readonly text: string; readonly blocks?: unknown }): string | undefined {
  const refusal = refusals.get(way);
  return typeof refusal === "function" ? refusal(message) : refusal;
}

/** Sends, or throws as @slack/web-api does. */
async function through(way: string, channel: string, message: Message): Promise<Posted> {
  const code = refused(way, message);
  if (code !== undefined)
    throw Object.assign(new Error(`An API error occurred: ${code}`), { data: { ok: false, error: code } });
  sent.push({ way, channel, text: message.text, blocks: message.blocks });
  return { channel, ts: "2.0" };
}

const sender: Sender = {
  post: (channel, message) => through("post", channel, message),
  postIf: async () => undefined,
  find: async () => undefined,
  update: async ({ channel }, message) => {
    await through("update", channel, message);
  },
};

const responseUrl: ResponseUrl = {
  async send(body) {
    const code = refused("response_url", body);
    if (code !== undefined) throw new BotError("slack.response-url", "no", "again", { cause: code });
    bodies.push(body);
    sent.push({ way: "response_url", text: body.text, blocks: body.blocks });
  },
};

function deps(): DeliveryDeps {
  const client = new WebClient("xoxb-fake", {
    retryConfig: { retries: 0 },
    fetch: async (url, init) => {
      const way = String(url).split("/").at(-1) ?? "";
      const form = new URLSearchParams(String(init?.body));
      const message = { text: form.get("text") ?? "", blocks: JSON.parse(form.get("blocks") ?? "[]") };
      const code = refused(way, message);
      if (code !== undefined) return Response.json({ ok: false, error: code });
      if (way === "chat.postEphemeral") sent.push({ way, channel: form.get("channel") ?? "", ...message });
      return Response.json({ ok: true, channel: { id: "D1" } });
    },
  });
  return { client, sender, logger: pino({ level: "warn" }, { write: (line: string) => void logs.push(line) }) };
}

const asked = { user: "U1", channel: "C1", responseUrl };
const answer: Message = { text: "OK: fine", blocks: [{ type: "divider" }] };
const withBlocks = (code: string) => (message: { readonly blocks?: unknown }) =>
  Array.isArray(message.blocks) && message.blocks.length > 0 ? code : undefined;
const ways = () => sent.map(({ way }) => way);

describe("a private answer", () => {
  it("to a command comes at once and alone when it is quick", async () => {
    await answerPrivately(deps(), asked, "Reading…").finish(answer);
    expect(bodies).toEqual([{ response_type: "ephemeral", replace_original: false, ...answer }]);
    expect(logs).toEqual([]);
  });

  it("to a command is announced when it takes its time, and is then a message of its own", async () => {
    vi.useFakeTimers();
    const waiting = answerPrivately(deps(), asked, "Reading…");
    await vi.advanceTimersByTimeAsync(noteAfterMs);
    vi.useRealTimers();
    await waiting.finish(answer);
    expect(bodies).toEqual([
      { response_type: "ephemeral", text: "Reading… The answer comes below.", replace_original: false },
      { response_type: "ephemeral", replace_original: false, ...answer },
    ]);
  });

  it("to a click takes the place of the message under the button, by way of a note", async () => {
    await answerPrivately(deps(), asked, "Reading again…", "original").finish(answer);
    expect(bodies).toEqual([
      { response_type: "ephemeral", text: "Reading again…", replace_original: true },
      { response_type: "ephemeral", replace_original: true, ...answer },
    ]);
  });

  it("replaces nothing when the note did not get through", async () => {
    refusals.set("response_url", "http_503");
    const finishing = answerPrivately(deps(), asked, "Reading…", "original");
    refusals.clear();
    await finishing.finish(answer);
    expect(bodies).toEqual([{ response_type: "ephemeral", replace_original: false, ...answer }]);
  });

  it("comes as text, saying that it is not everything, when Slack refuses the blocks", async () => {
    refusals.set("response_url", withBlocks("msg_blocks_too_long"));
    await answerPrivately(deps(), asked, "Reading…").finish(answer);
    expect(sent.at(-1)).toMatchObject({
      way: "response_url",
      text: expect.stringMatching(/^OK: fine\n.*terminal/),
      blocks: [],
    });
    expect(logs.join("")).toContain("msg_blocks_too_long");
  });

  it.each(["expired_url", "used_url", "not_found"])(
    "goes the next way when the response_url is spent (%s)",
    async (code) => {
      refusals.set("response_url", code);
      await answerPrivately(deps(), asked, "Reading…").finish(answer);
      expect(sent).toEqual([{ way: "chat.postEphemeral", channel: "C1", ...answer }]);
      expect(logs.join("")).toContain(code);
    },
  );

  it.each(["not_in_channel", "channel_not_found", "user_not_in_channel"])(
    "ends in a direct message that says so where the bot may not write (%s)",
    async (code) => {
      refusals.set("response_url", "expired_url").set("chat.postEphemeral", code);
      await answerPrivately(deps(), asked, "Reading…").finish(answer);
      expect(sent).toMatchObject([{ way: "post", channel: "D1", text: "OK: fine" }]);
      expect(JSON.stringify(sent[0]?.blocks)).toContain("could not answer where you asked");
    },
  );

  it("is in the log at error level when every way fails, and nothing is thrown", async () => {
    refusals
      .set("response_url", "expired_url")
      .set("chat.postEphemeral", "not_in_channel")
      .set("conversations.open", "missing_scope");
    await answerPrivately(deps(), asked, "Reading…").finish(answer);
    expect(sent).toEqual([]);
    expect(JSON.parse(logs.at(-1) ?? "{}")).toMatchObject({ level: 50, code: "missing_scope" });
  });
});

describe("a public answer", () => {
  it("is put into its working note", async () => {
    await answerPublicly(deps(), asked, "Reading…").finish(answer);
    expect(ways()).toEqual(["post", "update"]);
  });

  it("is posted by the asker's response_url where the bot is not a member", async () => {
    refusals.set("post", "not_in_channel");
    await answerPublicly(deps(), asked, "Reading…").finish(answer);
    expect(bodies).toMatchObject([{ response_type: "in_channel", replace_original: false, text: "OK: fine" }]);
    expect(JSON.stringify(bodies[0]?.blocks)).toContain("/invite");
  });
});

describe("a posted message", () => {
  const posted: Posted = { channel: "C1", ts: "1.0" };

  it.each(["message_not_found", "cant_update_message", "edit_window_closed"])(
    "that cannot be updated (%s) is posted anew with a word about it",
    async (code) => {
      refusals.set("update", code);
      await finishPosted(deps(), posted, { user: "U1" }, answer);
      expect(sent).toMatchObject([{ way: "post", channel: "C1" }]);
      expect(JSON.stringify(sent[0]?.blocks)).toContain("so here it is again");
    },
  );

  it("keeps its place as text when Slack refuses the blocks", async () => {
    refusals.set("update", withBlocks("invalid_blocks"));
    await finishPosted(deps(), posted, { user: "U1" }, answer);
    expect(sent).toMatchObject([{ way: "update", text: expect.stringContaining("terminal"), blocks: [] }]);
  });
});
