import { ErrorCode, LogLevel, WebClient } from "@slack/web-api";
import { describe, expect, it } from "vitest";
import { slackFailure } from "../../../src/commands/delivery/errors.ts";

/** What the real client throws when Slack answers so. */
async function thrown(response: () => Response): Promise<unknown> {
  const client = new WebClient("xoxb-fake", {
    fetch: async () => response(),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
  return client.chat.postMessage({ channel: "C1", text: "x" }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a failure of Slack's client", () => {
  it.each([
    ["not_in_channel", "no-access"],
    ["channel_not_found", "no-access"],
    ["is_archived", "no-access"],
    ["message_not_found", "gone"],
    ["expired_trigger_id", "gone"],
    ["trigger_expired", "gone"],
    ["msg_blocks_too_long", "blocks"],
    ["invalid_blocks", "blocks"],
    ["invalid_auth", "other"],
  ])("with the code %s is of the kind %s", async (code, kind) => {
    const error = await thrown(() => Response.json({ ok: false, error: code }));
    expect(error).toMatchObject({ code: ErrorCode.PlatformError });
    expect(slackFailure(error)).toEqual({ kind, code });
  });

  it("that limits the rate carries the seconds to wait", async () => {
    const error = await thrown(() =>
      Response.json({ ok: false, error: "ratelimited" }, { status: 429, headers: { "retry-after": "7" } }),
    );
    expect(slackFailure(error)).toEqual({ kind: "rate-limited", code: "ratelimited", retryAfterSeconds: 7 });
  });

  it("that never reached Slack has a code that can be logged", async () => {
    const error = await thrown(() => {
      throw new TypeError("connection refused");
    });
    expect(slackFailure(error)).toMatchObject({ kind: "other", code: expect.stringMatching(/./) });
  });

  it("may be anything at all", () => {
    for (const odd of [undefined, null, 7, {}, { error: "x" }]) expect(slackFailure(odd).kind).toBe("other");
  });
});
