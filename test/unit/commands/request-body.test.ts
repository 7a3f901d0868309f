import { describe, expect, it } from "vitest";
import { isSlackBody } from "../../../src/commands/request-body.ts";

const form = "application/x-www-form-urlencoded";

describe("a body", () => {
  it.each([
    ["command=%2Fdragonfly&text=help", form],
    ["command=%2Fdragonfly", `${form}; charset=utf-8`],
    [`payload=${encodeURIComponent('{"type":"block_actions"}')}`, form],
    ['{"type":"url_verification","challenge":"x"}', "application/json"],
  ])("that Slack could have sent is taken: %j", (body, type) => {
    expect(isSlackBody(Buffer.from(body), type)).toBe(true);
  });

  it.each([
    ["", form],
    ["payload=", form],
    ["payload=null", form],
    ["payload=7", form],
    ["payload=%7Bbroken", form],
    ["", "application/json"],
    ["null", "application/json"],
    ['"text"', "application/json"],
    ["{broken", "application/json"],
    ["command=%2Fdragonfly", ""],
    ["<xml/>", "application/xml"],
  ])("that Slack would never send is not: %j as %j", (body, type) => {
    expect(isSlackBody(Buffer.from(body), type)).toBe(false);
  });

  it("of random bytes is answered, not thrown at", () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 73) % 256));
    for (const type of [form, "application/json", "\u0000"]) expect(typeof isSlackBody(bytes, type)).toBe("boolean");
  });
});
