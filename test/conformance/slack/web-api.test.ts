import type { KnownBlock } from "@slack/types";
import { WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSubject, real, type Subject } from "./subject.ts";

let subject: Subject;
beforeEach(async () => {
  subject = await openSubject();
});
afterEach(() => subject.close());

const text = (value: string): KnownBlock => ({ type: "section", text: { type: "mrkdwn", text: value } });
const post = (blocks: unknown) => (client: WebClient) =>
  client.apiCall("chat.postMessage", { channel: subject.channel, text: "conformance", blocks });
const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation has people");
  return subject.simulation;
};

describe("tokens (https://docs.slack.dev/reference/methods/auth.test#errors)", () => {
  it("a wrong one is invalid_auth", async () => {
    const { slackApiUrl } = subject.client;
    expect(
      await subject.error(() => new WebClient("xoxb-wrong", { slackApiUrl, retryConfig: { retries: 0 } }).auth.test()),
    ).toBe("invalid_auth");
  });

  it.skipIf(real)(
    "one without the scope is missing_scope, and names it (https://docs.slack.dev/authentication/installing-with-oauth)",
    async () => {
      await subject.close();
      subject = await openSubject(["commands"]);
      expect(await subject.error(post([text("x")]))).toBe("missing_scope");
      expect(await subject.error((client) => client.conversations.open({ users: "U0ADA" }))).toBe("missing_scope");
    },
  );

  it("an unknown method is unknown_method", async () => {
    expect(await subject.error((client) => client.apiCall("chat.conjure"))).toBe("unknown_method");
  });
});

describe("chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage#errors)", () => {
  it("answers with channel and ts", async () => {
    expect(await post([text("hello")])(subject.client)).toMatchObject({
      ok: true,
      channel: subject.channel,
      ts: expect.stringMatching(/^\d+\.\d{6}$/),
    });
  });

  it("without text and blocks is no_text, to nowhere channel_not_found", async () => {
    expect(await subject.error((client) => client.apiCall("chat.postMessage", { channel: subject.channel }))).toBe(
      "no_text",
    );
    expect(await subject.error((client) => client.chat.postMessage({ channel: "C0NOWHERE", text: "x" }))).toBe(
      "channel_not_found",
    );
  });

  it.skipIf(real)(
    "where the bot is not: not_in_channel in a public one, channel_not_found in a private one",
    async () => {
      expect(await subject.error((client) => client.chat.postMessage({ channel: "C0GENERAL", text: "x" }))).toBe(
        "not_in_channel",
      );
      expect(await subject.error((client) => client.chat.postMessage({ channel: "C0PRIVATE", text: "x" }))).toBe(
        "channel_not_found",
      );
    },
  );

  it.skipIf(real)(
    "is limited to about one a second a channel, with Retry-After (https://docs.slack.dev/apis/web-api/rate-limits)",
    async () => {
      const answers = await Promise.all(
        Array.from({ length: 6 }, () =>
          subject.error((client) => client.chat.postMessage({ channel: subject.channel, text: "x" })),
        ),
      );
      expect(answers.filter((answer) => answer === "no error").length).toBeLessThan(6);
      const elsewhere = await subject.error((client) => client.chat.postMessage({ channel: "C0ALERTS", text: "x" }));
      expect(elsewhere).toBe("no error");
    },
  );
});

describe("blocks (https://docs.slack.dev/reference/block-kit/blocks)", () => {
  const button = (more: object = {}) => ({
    type: "button",
    action_id: "a",
    text: { type: "plain_text", text: "b" },
    ...more,
  });
  const cases: readonly (readonly [string, unknown])[] = [
    ["51 of them", Array.from({ length: 51 }, () => text("x"))],
    ["an unknown type", [{ type: "confetti" }]],
    ["an unknown field", [{ ...text("x"), colour: "red" }]],
    ["a section over 3,000 characters", [text("x".repeat(3_001))]],
    ["a section of nothing", [{ type: "section" }]],
    ["11 fields", [{ type: "section", fields: Array.from({ length: 11 }, () => ({ type: "mrkdwn", text: "x" })) }]],
    ["a header over 150", [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }]],
    ["mrkdwn in a header", [{ type: "header", text: { type: "mrkdwn", text: "x" } }]],
    [
      "11 context elements",
      [{ type: "context", elements: Array.from({ length: 11 }, () => ({ type: "mrkdwn", text: "x" })) }],
    ],
    [
      "26 action elements",
      [{ type: "actions", elements: Array.from({ length: 26 }, (_, i) => button({ action_id: `a${i}` })) }],
    ],
    [
      "a button text over 75",
      [{ type: "actions", elements: [button({ text: { type: "plain_text", text: "x".repeat(76) } })] }],
    ],
    ["a button value over 2,000", [{ type: "actions", elements: [button({ value: "x".repeat(2_001) })] }]],
    ["an action_id over 255", [{ type: "actions", elements: [button({ action_id: "x".repeat(256) })] }]],
    [
      "a select of 101 options",
      [
        {
          type: "actions",
          elements: [
            {
              type: "static_select",
              action_id: "s",
              options: Array.from({ length: 101 }, (_, i) => ({
                text: { type: "plain_text", text: "o" },
                value: String(i),
              })),
            },
          ],
        },
      ],
    ],
    [
      "an overflow of 6",
      [
        {
          type: "actions",
          elements: [
            {
              type: "overflow",
              action_id: "o",
              options: Array.from({ length: 6 }, (_, i) => ({
                text: { type: "plain_text", text: "o" },
                value: String(i),
              })),
            },
          ],
        },
      ],
    ],
    ["two tables", [0, 1].map(() => ({ type: "table", rows: [[{ type: "raw_text", text: "x" }]] }))],
    [
      "a table of 101 rows",
      [{ type: "table", rows: Array.from({ length: 101 }, () => [{ type: "raw_text", text: "x" }]) }],
    ],
    [
      "a table of 21 columns",
      [{ type: "table", rows: [Array.from({ length: 21 }, () => ({ type: "raw_text", text: "x" }))] }],
    ],
    [
      "a container of 11",
      [
        {
          type: "container",
          title: { type: "plain_text", text: "c" },
          child_blocks: Array.from({ length: 11 }, () => text("x")),
        },
      ],
    ],
    ["a container without a title", [{ type: "container", child_blocks: [text("x")] }]],
    ["the same block_id twice", [0, 1].map(() => ({ ...text("x"), block_id: "same" }))],
    [
      "an input in a message",
      [
        {
          type: "input",
          label: { type: "plain_text", text: "l" },
          element: { type: "plain_text_input", action_id: "i" },
        },
      ],
    ],
  ];
  it.each(cases)("refuses %s as invalid_blocks", async (_, blocks) => {
    expect(await subject.error(post(blocks))).toBe("invalid_blocks");
  });

  it("refuses blocks that are no array", async () => {
    expect(["invalid_blocks_format", "invalid_arguments"]).toContain(await subject.error(post("nonsense")));
  });

  it("refuses more than about 13,200 characters in all as msg_blocks_too_long (bolt-js#2509)", async () => {
    expect(await subject.error(post(Array.from({ length: 5 }, () => text("x".repeat(2_900)))))).toBe(
      "msg_blocks_too_long",
    );
  });

  it("takes a collapsed container, a table and a row of buttons", async () => {
    const blocks = [
      { type: "table", rows: [[{ type: "raw_text", text: "x" }]] },
      {
        type: "container",
        title: { type: "plain_text", text: "c" },
        is_collapsible: true,
        default_collapsed: true,
        child_blocks: [text("x")],
      },
      { type: "actions", elements: [button()] },
    ];
    expect(await subject.error(post(blocks))).toBe("no error");
  });
});

describe("chat.update and chat.delete (https://docs.slack.dev/reference/methods/chat.update#errors)", () => {
  it("change a message of one's own, and know no other", async () => {
    const { ts = "" } = await subject.client.chat.postMessage({ channel: subject.channel, text: "first" });
    expect(await subject.client.chat.update({ channel: subject.channel, ts, text: "second" })).toMatchObject({
      ok: true,
      ts,
      text: "second",
    });
    expect(
      await subject.error((client) => client.chat.update({ channel: subject.channel, ts: "1.000001", text: "x" })),
    ).toBe("message_not_found");
    expect(await subject.error((client) => client.chat.delete({ channel: subject.channel, ts }))).toBe("no error");
    expect(await subject.error((client) => client.chat.update({ channel: subject.channel, ts, text: "x" }))).toBe(
      "message_not_found",
    );
  });

  it.skipIf(real)(
    "cannot touch an ephemeral message (https://docs.slack.dev/messaging/modifying-messages)",
    async () => {
      const { message_ts = "" } = await subject.client.chat.postEphemeral({
        channel: subject.channel,
        user: "U0ADA",
        text: "x",
      });
      expect(
        await subject.error((client) => client.chat.update({ channel: subject.channel, ts: message_ts, text: "y" })),
      ).toBe("message_not_found");
    },
  );

  it.skipIf(real)("nor somebody else's message", async () => {
    const said = simulated().workspace.add({ channel: subject.channel, user: "U0ADA", text: "mine", blocks: [] });
    expect(
      await subject.error((client) => client.chat.update({ channel: subject.channel, ts: said.ts, text: "y" })),
    ).toBe("cant_update_message");
  });
});

describe.skipIf(real)("views (https://docs.slack.dev/reference/methods/views.open#errors)", () => {
  const view = (blocks: KnownBlock[] = [text("x")]) => ({
    type: "modal" as const,
    title: { type: "plain_text" as const, text: "t" },
    blocks,
  });
  it("a trigger that never was is invalid", async () => {
    expect(await subject.error((client) => client.views.open({ trigger_id: "1.2.3", view: view() }))).toBe(
      "invalid_trigger_id",
    );
  });

  it("a view must have a title of at most 24 characters and at most 100 blocks", async () => {
    const long = { ...view(), title: { type: "plain_text" as const, text: "x".repeat(25) } };
    expect(await subject.error((client) => client.views.open({ trigger_id: "1", view: long }))).toBe(
      "invalid_arguments",
    );
    const many = view(Array.from({ length: 101 }, () => text("x")));
    expect(await subject.error((client) => client.views.open({ trigger_id: "1", view: many }))).toBe(
      "invalid_arguments",
    );
  });

  it("an update of a view that is gone is not_found", async () => {
    expect(await subject.error((client) => client.views.update({ view_id: "V0NONE", view: view() }))).toBe("not_found");
  });
});

describe.skipIf(real)(
  "response URLs (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses)",
  () => {
    const send = (url: string, body: object) =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const shown = () => simulated().workspace.messages.map(({ text: said }) => said);
    const command = async () => {
      let url = "";
      const { createServer } = await import("node:http");
      const app = createServer((request, response) => {
        request.on("data", (data) => {
          url = new URLSearchParams(String(data)).get("response_url") ?? "";
        });
        request.on("end", () => response.end());
      });
      await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
      const address = app.address();
      await subject.close();
      subject = await openSubject(
        [],
        `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`,
      );
      await simulated().people.command({ user: "U0ADA", channel: "C0OPS", text: "/dragonfly status" });
      app.closeAllConnections();
      app.close();
      return url;
    };

    it("of a command make a new message each time, also when asked to replace (bolt-js#2287, bolt-python#1268)", async () => {
      const url = await command();
      await send(url, { text: "first" });
      await send(url, { text: "second", replace_original: true });
      await send(url, { delete_original: true });
      expect(shown()).toEqual(["first", "second"]);
    });

    it("take five answers and then say used_url", async () => {
      const url = await command();
      for (const said of ["1", "2", "3", "4", "5"]) expect((await send(url, { text: said })).status).toBe(200);
      const sixth = await send(url, { text: "6" });
      expect(sixth.status).toBe(404);
      expect(await sixth.json()).toEqual({ ok: false, error: "used_url" });
    });
  },
);
