import { createHmac, randomBytes } from "node:crypto";
import { pino } from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { GitHint } from "../../../src/http/gitlab-event.ts";
import { createHttpServer } from "../../../src/http/server.ts";

const plain = "a-plain-secret-token";
const key = randomBytes(24);
const signing = `whsec_${key.toString("base64")}`;

interface Started {
  readonly hints: readonly GitHint[];
  readonly logs: readonly string[];
  post(body: string, headers: Record<string, string>): Promise<number>;
}

async function start(secret: string, onHint?: (hint: GitHint) => void): Promise<Started> {
  const hints: GitHint[] = [];
  const logs: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void logs.push(line) });
  const server = createHttpServer({
    logger,
    readiness: () => ({ ready: true, dependencies: [] }),
    metrics: async () => "",
    slack: undefined,
    gitlab: { secret, onHint: onHint ?? ((hint) => void hints.push(hint)), logger },
  });
  onTestFinished(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    hints,
    logs,
    post: async (body, headers) =>
      (
        await fetch(`${url}/webhooks/gitlab`, {
          method: "POST",
          body,
          headers: { "content-type": "application/json", ...headers },
        })
      ).status,
  };
}

function signed(body: string, { id = "msg-1", at = Date.now(), by = key } = {}): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac("sha256", by).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

const mergeRequest = JSON.stringify({
  object_kind: "merge_request",
  event_type: "merge_request",
  user: { username: "ada" },
  object_attributes: { iid: 7, source_branch: "dfbot/x", action: "update", unheard_of: [1] },
});
const soon = { interval: 10 };

describe("a webhook of GitLab", () => {
  it("with the secret token is a hint to look", async () => {
    const bot = await start(plain);
    expect(await bot.post(mergeRequest, { "x-gitlab-token": plain })).toBe(200);
    await vi.waitFor(() => expect(bot.hints).toEqual([{ mergeRequest: 7, branch: "dfbot/x" }]), soon);
  });

  it("signed with the signing token is one too, also among the signatures of other keys", async () => {
    const bot = await start(signing);
    const headers = signed(mergeRequest);
    expect(await bot.post(mergeRequest, headers)).toBe(200);
    const other = signed(mergeRequest, { id: "msg-2", by: randomBytes(24) })["webhook-signature"];
    const both = signed(mergeRequest, { id: "msg-2" });
    expect(
      await bot.post(mergeRequest, { ...both, "webhook-signature": `v2,eA== ${other} ${both["webhook-signature"]}` }),
    ).toBe(200);
    await vi.waitFor(() => expect(bot.hints).toHaveLength(2), soon);
  });

  it.each<readonly [string, string, Record<string, string>]>([
    ["without anything", plain, {}],
    ["with another token", plain, { "x-gitlab-token": `${plain}x` }],
    ["with the beginning of the token", plain, { "x-gitlab-token": plain.slice(0, -1) }],
    ["signed with another key", signing, signed(mergeRequest, { by: randomBytes(24) })],
    ["signed for another body", signing, signed(`${mergeRequest} `)],
    ["signed six minutes ago", signing, signed(mergeRequest, { at: Date.now() - 6 * 60_000 })],
    ["signed in six minutes", signing, signed(mergeRequest, { at: Date.now() + 6 * 60_000 })],
    ["with another id than was signed", signing, { ...signed(mergeRequest), "webhook-id": "msg-9" }],
    ["with a time that is none", signing, { ...signed(mergeRequest), "webhook-timestamp": "1e9" }],
    ["with an empty signature", signing, { ...signed(mergeRequest), "webhook-signature": "v1," }],
    ["signed with the plain token's bytes", plain, signed(mergeRequest, { by: Buffer.from(plain) })],
  ])("%s is refused and looked at no further", async (_what, secret, headers) => {
    const bot = await start(secret);
    expect(await bot.post(mergeRequest, headers)).toBe(401);
    expect(bot.hints).toEqual([]);
    expect(bot.logs.join("")).not.toContain(secret);
  });

  it.each<readonly [string, Record<string, string>]>([
    ["its id", signed(mergeRequest)],
    ["its idempotency key", { "x-gitlab-token": signing, "idempotency-key": "k-1", "x-gitlab-event-uuid": "u-1" }],
    ["its UUID", { "x-gitlab-token": signing, "x-gitlab-event-uuid": "u-2" }],
  ])("that comes again by %s is told of once", async (_what, headers) => {
    const bot = await start(signing);
    expect([await bot.post(mergeRequest, headers), await bot.post(mergeRequest, headers)]).toEqual([200, 200]);
    const last = JSON.stringify({ object_kind: "push", ref: "refs/heads/main" });
    await bot.post(last, { "x-gitlab-token": signing });
    await vi.waitFor(() => expect(bot.hints.at(-1)).toEqual({ mergeRequest: undefined, branch: "main" }), soon);
    expect(bot.hints).toHaveLength(2);
  });

  it("is not taken for the one that caused it, although both have the same UUID", async () => {
    const bot = await start(plain);
    const headers = { "x-gitlab-token": plain, "x-gitlab-event-uuid": "u-1" };
    await bot.post(mergeRequest, headers);
    await bot.post(mergeRequest.replace('"iid":7', '"iid":8'), headers);
    await vi.waitFor(() => expect(bot.hints.map((hint) => hint.mergeRequest)).toEqual([7, 8]), soon);
  });

  it.each<readonly [string, unknown, GitHint | undefined]>([
    ["a push", { object_kind: "push", ref: "refs/heads/feature/x" }, { mergeRequest: undefined, branch: "feature/x" }],
    [
      "a pipeline of a merge request",
      { object_kind: "pipeline", object_attributes: { ref: "x" }, merge_request: { iid: 3 } },
      { mergeRequest: 3, branch: "x" },
    ],
    [
      "a pipeline of a branch",
      { object_kind: "pipeline", object_attributes: { ref: "main" }, merge_request: null },
      { mergeRequest: undefined, branch: "main" },
    ],
    ["a note on a merge request", { object_kind: "note", merge_request: { iid: 4 } }, { mergeRequest: 4 }],
    ["a note on a commit", { object_kind: "note", commit: {} }, undefined],
    ["a tag", { object_kind: "tag_push", ref: "refs/tags/v1" }, undefined],
    ["an issue", { object_kind: "issue", object_attributes: { iid: 1 } }, undefined],
    ["an event of the year after next", { object_kind: "telepathy" }, undefined],
  ])("of %s is answered 200", async (_what, body, hint) => {
    const bot = await start(plain);
    expect(await bot.post(JSON.stringify(body), { "x-gitlab-token": plain })).toBe(200);
    if (hint !== undefined) await vi.waitUntil(() => bot.hints.length > 0, soon);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bot.hints).toEqual(hint === undefined ? [] : [hint]);
  });

  it.each<readonly [string, string, number]>([
    ["no JSON", "{", 400],
    ["no object", "[]", 400],
    ["a merge request without number", '{"object_kind":"merge_request","object_attributes":{}}', 400],
    ["a number that is none", '{"object_kind":"note","merge_request":{"iid":1e99}}', 400],
    ["more than is taken", JSON.stringify({ object_kind: "push", ref: "x".repeat(3 * 1024 * 1024) }), 413],
  ])("with %s is refused", async (_what, body, status) => {
    const bot = await start(plain);
    expect(await bot.post(body, { "x-gitlab-token": plain, "content-type": "no such thing" })).toBe(status);
    expect(bot.hints).toEqual([]);
  });

  it("is answered before anything is done about it, and whatever becomes of that", async () => {
    const bot = await start(plain, () => {
      const until = performance.now() + 300;
      while (performance.now() < until);
      throw new Error("no");
    });
    expect(await bot.post(mergeRequest, { "x-gitlab-token": plain })).toBe(200);
    await vi.waitFor(() => expect(bot.logs.join("")).toContain("could not be seen to"), soon);
  });
});
