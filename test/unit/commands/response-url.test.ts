import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { slackFailure } from "../../../src/commands/delivery/errors.ts";
import { openResponseUrl } from "../../../src/commands/delivery/response-url.ts";

const url = "https://hooks.slack.invalid/commands/T0/1/fake";
let bodies: unknown[];
let answer: () => Response;

beforeEach(() => {
  bodies = [];
  answer = () => new Response("ok");
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    bodies.push(JSON.parse(String(init.body)));
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const failureOf = (sent: Promise<void>) =>
  sent.then(
    () => undefined,
    (error: unknown) => slackFailure(error),
  );

describe("a response_url", () => {
  it("is not asked a sixth time", async () => {
    const responseUrl = openResponseUrl(url);
    for (let use = 1; use <= 5; use++) await responseUrl.send({ text: `${use}` });
    expect(await failureOf(responseUrl.send({ text: "6" }))).toEqual({ kind: "gone", code: "used_url" });
    expect(bodies).toHaveLength(5);
  });

  it("counts a refused use too, as Slack does", async () => {
    answer = () => new Response("", { status: 500 });
    const responseUrl = openResponseUrl(url);
    for (let use = 1; use <= 6; use++) await failureOf(responseUrl.send({ text: "x" }));
    expect(bodies).toHaveLength(5);
  });

  it("is not asked after thirty minutes, and is until then", async () => {
    let now = 0;
    const responseUrl = openResponseUrl(url, () => now);
    now = 30 * 60_000 - 1;
    await responseUrl.send({ text: "in time" });
    now = 30 * 60_000;
    expect(await failureOf(responseUrl.send({ text: "late" }))).toEqual({ kind: "gone", code: "expired_url" });
    expect(bodies).toEqual([{ text: "in time" }]);
  });

  it.each([
    [() => Response.json({ ok: false, error: "expired_url" }, { status: 404 }), "gone", "expired_url"],
    [() => Response.json({ ok: false, error: "used_url" }, { status: 404 }), "gone", "used_url"],
    [() => new Response("", { status: 404 }), "gone", "not_found"],
    [() => Response.json({ ok: false, error: "invalid_blocks" }, { status: 400 }), "blocks", "invalid_blocks"],
    // Slack refuses some things with a 200.
    [() => Response.json({ ok: false, error: "invalid_blocks" }), "blocks", "invalid_blocks"],
    [() => new Response("", { status: 503 }), "other", "http_503"],
  ])("says why it was refused (%#)", async (refuse, kind, code) => {
    answer = refuse;
    expect(await failureOf(openResponseUrl(url).send({ text: "x" }))).toMatchObject({ kind, code });
  });

  it("never shows its address, which lets anybody answer, in an error", async () => {
    answer = () => {
      throw new TypeError("fetch failed");
    };
    const error: unknown = await openResponseUrl(url)
      .send({ text: "x" })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "slack.response-url" });
    expect(String(error)).not.toContain("hooks.slack");
  });
});
