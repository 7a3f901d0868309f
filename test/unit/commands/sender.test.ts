import { WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSender, type Sender } from "../../../src/commands/delivery/sender.ts";

interface Call {
  readonly method: string;
  readonly channel: string;
  readonly text: string;
  readonly at: number;
}

let calls: Call[];
let sender: Sender;
let answer: (call: Call) => { readonly status: number; readonly retryAfter?: number };

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  answer = () => ({ status: 200 });
  const fetchFn = async (url: string | URL | Request, init?: RequestInit) => {
    const form = new URLSearchParams(String(init?.body));
    const call = {
      method: String(url).split("/").at(-1) ?? "",
      channel: form.get("channel") ?? "",
      text: form.get("text") ?? "",
      at: Date.now(),
    };
    calls.push(call);
    const { status, retryAfter } = answer(call);
    const headers = {
      "content-type": "application/json",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    };
    return new Response(JSON.stringify({ ok: status === 200, channel: call.channel, ts: `${calls.length}.0` }), {
      status,
      headers,
    });
  };
  const client = new WebClient("xoxb-fake", {
    fetch: fetchFn,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
  sender = createSender(client, client);
});
afterEach(() => vi.useRealTimers());

const texts = () => calls.map(({ text }) => text);

describe("the sender", () => {
  it("writes at most once a second to a channel, in order, and to another without waiting", async () => {
    const sent = Promise.all([
      ...["a", "b", "c"].map((text) => sender.post("C1", { text })),
      sender.post("C2", { text: "z" }),
    ]);
    await vi.advanceTimersByTimeAsync(50);
    expect(texts().toSorted()).toEqual(["a", "z"]);
    await vi.advanceTimersByTimeAsync(2_100);
    await sent;
    const inFirst = calls.filter(({ channel }) => channel === "C1");
    expect(inFirst.map(({ text }) => text)).toEqual(["a", "b", "c"]);
    for (const [index, call] of inFirst.entries())
      if (index > 0) expect(call.at - (inFirst[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it("keeps the pace also after it has been idle for a moment", async () => {
    await sender.post("C1", { text: "a" });
    const second = sender.post("C1", { text: "b" });
    await vi.advanceTimersByTimeAsync(500);
    expect(texts()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(600);
    await second;
  });

  it("sends only the latest of several waiting updates of a message, and settles all of them", async () => {
    const posted = await sender.post("C1", { text: "note" });
    const all = Promise.all(["1", "2", "3"].map((text) => sender.update(posted, { text })));
    await vi.advanceTimersByTimeAsync(1_100);
    await all;
    expect(texts()).toEqual(["note", "3"]);
  });

  it("sends an update that comes after an earlier one was sent", async () => {
    const posted = await sender.post("C1", { text: "note" });
    for (const text of ["first", "second"]) {
      const sent = sender.update(posted, { text });
      await vi.advanceTimersByTimeAsync(1_100);
      await sent;
    }
    expect(texts()).toEqual(["note", "first", "second"]);
  });

  it("waits out Retry-After on the channel that was limited, and only there", async () => {
    answer = ({ channel }) =>
      channel === "C1" && calls.length === 1 ? { status: 429, retryAfter: 5 } : { status: 200 };
    const limited = sender.post("C1", { text: "a" });
    await vi.advanceTimersByTimeAsync(10);
    const other = sender.post("C2", { text: "z" });
    await vi.advanceTimersByTimeAsync(10);
    await other;
    expect(texts()).toEqual(["a", "z"]);
    await vi.advanceTimersByTimeAsync(5_100);
    await limited;
    expect(texts()).toEqual(["a", "z", "a"]);
  });

  it("gives up when Slack asks for more patience than a person has", async () => {
    answer = () => ({ status: 429, retryAfter: 3_600 });
    const refused = expect(sender.post("C1", { text: "a" })).rejects.toMatchObject({ retryAfter: 3_600 });
    await vi.advanceTimersByTimeAsync(50);
    await refused;
    expect(calls).toHaveLength(1);
  });
});
