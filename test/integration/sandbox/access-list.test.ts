import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connectControl } from "../../../sandbox/dragonfly/control-client.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { askAdmin } from "../../../sandbox/world/operator/admin.ts";
import { places } from "../../../sandbox/world/places.ts";
import { listViews, podView } from "../../../sandbox/world/views.ts";
import { instance } from "../../../sandbox/world/world.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";

/**
 * Who may log in on the shared instance, from the words in Slack to the stores: the bot as a process, GitLab, clusters that follow it, and
 * real servers that read their access list only when they are told to.
 */

let sandbox: Sandbox;
const acl = "kubernetes/workloads/platform/databases/dragonfly/externalsecret.yaml";
const slow = { timeout: 90_000, interval: 100 };

beforeAll(async () => {
  sandbox = await startSandbox({
    page: false,
    gitlab: { pipeline: { takesMs: 300 } },
    world: { metrics: false, secretsOnDemand: true },
  });
});
afterAll(() => sandbox?.stop());

const { askFor, press, said, messages } = watchChannel(() => sandbox.slack, "C0OPS");
const gitlab = () => {
  if (sandbox.gitlab === undefined) throw new Error("there is no GitLab");
  return sandbox.gitlab;
};

/** Asks for a change, has it approved, and returns its card when it has ended. */
async function change(line: string): Promise<string> {
  return await ended(await askFor(line, slow.timeout));
}

async function ended(card: StoredMessage): Promise<string> {
  await press("run_approve", card, "U0GRACE");
  const last = await vi.waitUntil(
    () => messages().find((one) => one.ts === card.ts && /: (?:Done|Failed)/.test(textOf(one))),
    slow,
  );
  return textOf(last);
}

/** What the store says to somebody who logs in through the Service and writes a key. */
async function tried(user: string): Promise<string> {
  const { hostname, port, password } = new URL(sandbox.world.storeUrl(user));
  try {
    const line = await connectControl({ host: hostname, port: Number(port), user, password });
    const said = String(await line.command("SET", `{${user}}:basket`, "1"));
    line.close();
    return said;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function usersOfPods(): Promise<readonly (readonly string[])[]> {
  const pods = listViews(sandbox.world.infra.objects, places.pods, podView, instance.namespace);
  const lists = pods.map(({ status }) => askAdmin(status.podIP ?? "", "ACL", "USERS"));
  return (await Promise.all(lists)).map((list) => (Array.isArray(list) ? list.map(String) : []));
}

describe("a tenant of the shared instance", { timeout: 240_000 }, () => {
  it("can log in through the Service when its run says that it serves, and on every pod", async () => {
    const card = await change(
      'tenant propose shop namespace=shop-prod owner="Team shop" purpose="Baskets" isolation=shared memory=64Mi clusters=infra,apps',
    );
    expect(card).toContain("and serves");
    expect(await tried("shop")).toBe("OK");
    const lists = await usersOfPods();
    expect(lists).toHaveLength(3);
    for (const users of lists) expect(users).toEqual(expect.arrayContaining(["default", "dfbot", "harbor", "shop"]));
  });

  it("cannot log in any more once it has left", async () => {
    expect(await change("tenant offboard shop force=true")).toContain("and serves");
    expect(await tried("shop")).toMatch(/WRONGPASS/);
    for (const users of await usersOfPods()) expect(users).not.toContain("shop");
  });
});

it("an access list that the servers refuse is said in their words, the old rules stay, and it can be taken back", async () => {
  const good = (await gitlab().file(acl)) ?? "";
  const bad = good.replace(/^( *USER dfbot .*)$/m, "$1 +nosuchcommand");
  await gitlab().people.push("linus", { branch: "more", message: "More for the bot", files: { [acl]: bad } });
  const title = "More for the bot";
  const iid = await gitlab().people.openMergeRequest("linus", { sourceBranch: "more", title });
  const card = await ended(
    await said(new RegExp(`!${iid}[\\s\\S]*Waiting for approval|Waiting for approval[\\s\\S]*!${iid}`)),
  );
  expect(card).toContain("refuses its access list: Unrecognized parameter +NOSUCHCOMMAND");
  for (const users of await usersOfPods()) expect(users).toEqual(["default", "dfbot", "gitlab", "harbor"]);
  expect(await tried("dfbot")).toBe("OK");

  expect(await change(`revert ${iid}`)).toContain("and serves");
  expect(await gitlab().file(acl)).toBe(good);
}, 240_000);
