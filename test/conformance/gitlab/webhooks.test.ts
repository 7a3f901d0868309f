import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";
import type { WebhookOptions } from "../../../sandbox/gitlab/webhooks/delivery.ts";

const key = Buffer.from("a key of thirty-two bytes, quite!");
const secret = `whsec_${key.toString("base64")}`;

let receiver: Server;
let gitlab: GitLabSimulation | undefined;
let received: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
let answerWith: number | "nothing";

beforeEach(async () => {
  received = [];
  answerWith = 200;
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      if (answerWith !== "nothing") response.writeHead(answerWith).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await gitlab?.stop();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

async function started(webhook: Partial<WebhookOptions> = {}) {
  const { port } = receiver.address() as AddressInfo;
  const url = () => `http://127.0.0.1:${port}/webhooks/gitlab`;
  gitlab = await startGitLab({
    files: new Map([["README.md", "# GitOps\n"]]),
    mergeStatusTakesMs: 0,
    approvalsRequired: 1,
    webhook: { url, secret, signing: "both", ...webhook },
  });
  const hook = gitlab.webhook;
  if (hook === undefined) throw new Error("it was given a webhook");
  return { gitlab, people: gitlab.people, hook };
}
const opened = async (people: GitLabSimulation["people"]) => {
  await people.push("ada", { branch: "proposal", message: "A proposal", files: { "new.txt": "x\n" } });
  return people.openMergeRequest("ada", { sourceBranch: "proposal", title: "A proposal" });
};
const bodies = () => received.map(({ body }) => Object(JSON.parse(body)));

describe("what is told (https://docs.gitlab.com/user/project/integrations/webhook_events/)", () => {
  it("everything that happens to a merge request, in the order in which it happens", async () => {
    const { people, hook } = await started();
    const iid = await opened(people);
    await people.comment("grace", iid, "Looks good");
    await people.push("ada", { branch: "proposal", message: "More", files: { "more.txt": "x\n" } });
    await people.approve("grace", iid);
    await people.merge("linus", iid);
    await hook.idle();
    expect(received.map(({ headers }) => headers["x-gitlab-event"])).toEqual([
      "Push Hook",
      "Merge Request Hook",
      "Note Hook",
      "Push Hook",
      "Merge Request Hook",
      "Merge Request Hook",
      "Merge Request Hook",
      "Push Hook",
    ]);
    const actions = bodies()
      .filter(({ object_kind }) => object_kind === "merge_request")
      .map(({ user, object_attributes: { iid: of, action, state } }) => [of, user.username, action, state]);
    expect(actions).toEqual([
      [iid, "ada", "open", "opened"],
      [iid, "ada", "update", "opened"],
      [iid, "grace", "approved", "opened"],
      [iid, "linus", "merge", "merged"],
    ]);
  });

  it("a push says from where to where, and which files", async () => {
    const { gitlab, people, hook } = await started();
    const before = await gitlab.head();
    const after = await people.push("ada", { branch: "main", message: "Directly", files: { "new.txt": "x\n" } });
    await hook.idle();
    expect(bodies()).toMatchObject([
      {
        object_kind: "push",
        ref: "refs/heads/main",
        before,
        after,
        user_username: "ada",
        project: { path_with_namespace: "platform/gitops" },
        commits: [{ id: after, message: "Directly\n", added: ["new.txt"], modified: [], removed: [] }],
        total_commits_count: 1,
      },
    ]);
  });

  it("a push to a merge request says which head was there before", async () => {
    const { gitlab, people, hook } = await started();
    await opened(people);
    const oldrev = await gitlab.head("proposal");
    const id = await people.push("ada", { branch: "proposal", message: "More", files: { "more.txt": "x\n" } });
    await hook.idle();
    expect(bodies().at(-1)).toMatchObject({ object_attributes: { action: "update", oldrev, last_commit: { id } } });
  });
});

describe("how it is proven to be from GitLab (https://docs.gitlab.com/user/project/integrations/webhooks/)", () => {
  const arrived = async (signing: WebhookOptions["signing"]) => {
    const { people, hook } = await started({ signing });
    await people.push("ada", { branch: "one", message: "One", files: { one: "x" } });
    await hook.idle();
    const [first] = received;
    if (first === undefined) throw new Error("nothing arrived");
    return first;
  };

  it("with the token only", async () => {
    const { headers } = await arrived("token");
    expect(headers["x-gitlab-token"]).toBe(secret);
    expect(headers["webhook-signature"]).toBeUndefined();
  });

  it("with a signature only, over id, time and body", async () => {
    const { headers, body } = await arrived("signed");
    expect(headers["x-gitlab-token"]).toBeUndefined();
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const expected = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect(headers["webhook-id"]).toBe(headers["idempotency-key"]);
    expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(30);
  });

  it("with both, and with what tells deliveries apart", async () => {
    const { headers } = await arrived("both");
    expect(headers).toMatchObject({
      "x-gitlab-token": secret,
      "webhook-signature": expect.stringMatching(/^v1,/),
      "x-gitlab-event": "Push Hook",
      "x-gitlab-event-uuid": expect.any(String),
      "x-gitlab-webhook-uuid": expect.any(String),
      "x-gitlab-instance": gitlab?.url,
    });
  });
});

describe("deliveries", () => {
  it("can be sent again: the same body under the same idempotency key", async () => {
    const { people, hook } = await started();
    await people.push("ada", { branch: "one", message: "One", files: { one: "x" } });
    await hook.idle();
    await hook.resend(1);
    const [first, second] = received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
    expect(second?.headers["x-gitlab-webhook-uuid"]).not.toBe(first?.headers["x-gitlab-webhook-uuid"]);
  });

  it("that fail four times in a row disable the hook for a while: what happens meanwhile nobody is told of", async () => {
    const { people, hook } = await started({ disabledMs: 2_000 });
    answerWith = 500;
    const push = async (branch: string) => {
      await people.push("ada", { branch, message: branch, files: { [branch]: "x" } });
      await hook.idle();
    };
    for (const branch of ["one", "two", "three", "four"]) await push(branch);
    expect(hook.state()).toBe("temporarily disabled");
    answerWith = 200;
    await push("five");
    expect(received).toHaveLength(4);
    expect(hook.dropped).toEqual(["Push Hook"]);
    await expect.poll(() => hook.state()).toBe("executable");
    await push("six");
    expect(received).toHaveLength(5);
    answerWith = 500;
    await push("seven");
    expect(hook.state()).toBe("executable");
  });

  it("wait for an answer only so long", async () => {
    const { people, hook } = await started({ timeoutMs: 50 });
    answerWith = "nothing";
    await people.push("ada", { branch: "one", message: "One", files: { one: "x" } });
    await hook.idle();
    expect(hook.deliveries).toMatchObject([{ status: undefined, event: "Push Hook" }]);
  });
});
