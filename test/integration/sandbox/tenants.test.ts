import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { places } from "../../../sandbox/world/places.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";

/**
 * Tenants from the words in Slack to the instance that serves: the bot as a process, GitLab over a real repository, clusters that follow it,
 * and people who do things in GitLab past the bot.
 */

let sandbox: Sandbox;
const channel = "C0OPS";
const folder = "kubernetes/workloads/platform/databases/tenants";

beforeAll(async () => {
  sandbox = await startSandbox({
    page: false,
    gitlab: { pipeline: { takesMs: 300 } },
    world: { metrics: false, secretsOnDemand: true },
  });
});
afterAll(() => sandbox?.stop());

const { ask, askFor, press, said, replies, dialog, messages, toldTo } = watchChannel(() => sandbox.slack, channel);
const slow = { timeout: 40_000, interval: 100 };
const gitlab = () => {
  if (sandbox.gitlab === undefined) throw new Error("there is no GitLab");
  return sandbox.gitlab;
};
/** Merges that GitLab did for the bot, by merge request. */
const merges = () =>
  gitlab().log.filter(({ method, path, status }) => method === "PUT" && /\/merge$/.test(path) && status === 200);
const words = (name: string, more = "") =>
  `tenant propose ${name} namespace=${name}-prod owner="Team ${name}" purpose="Sessions of ${name}" ${more}`;

const propose = (name: string, more = "isolation=shared memory=64Mi") => askFor(words(name, more));
/** The card once it says this. */
const shows = (card: StoredMessage, state: RegExp) =>
  vi.waitUntil(() => messages().find((one) => one.ts === card.ts && state.test(textOf(one))), slow);
const done = (card: StoredMessage) => shows(card, /: Done/);
const iidOf = (card: StoredMessage) => Number(/!(\d+)/.exec(textOf(card))?.[1]);

describe("a tenant with its own instance", { timeout: 180_000 }, () => {
  it("is planned before anything is written, merged exactly as approved, and followed until it serves", async () => {
    const before = await gitlab().head();
    await ask(words("payments", "isolation=own memory=512Mi"));
    const plan = await vi.waitUntil(
      () => messages().findLast((one) => one.onlyFor === "U0ADA" && textOf(one).includes("plan_ask")),
      slow,
    );
    expect(gitlab().log.filter(({ method }) => method !== "GET")).toEqual([]);
    await press("plan_ask", plan, "U0ADA");
    const card = await said(/Waiting for approval/);
    await press("run_approve", card, "U0ADA");
    await vi.waitFor(() => expect(toldTo("U0ADA").at(-1)).toMatch(/You asked for this, so others decide/), slow);
    expect(await gitlab().head()).toBe(before);

    await Promise.all([press("run_approve", card, "U0GRACE"), press("run_approve", card, "U0LINUS")]);
    expect(textOf(await done(card))).toContain("and serves");
    const [merge] = await gitlab().history();
    expect(merges()).toHaveLength(1);
    expect(merge?.parents[0]).toBe(before);
    expect(textOf(card)).toContain(merge?.parents[1]?.slice(0, 8));
    expect(merge?.message).toMatch(
      /Requested-by: U0ADA[\s\S]*Approved-by: U0(GRACE|LINUS)[\s\S]*Dfbot-Run: r-\S+\nDfbot-Plan: [0-9a-f]{64}/,
    );
    expect(sandbox.world.infra.objects.list(places.dragonflies, "dragonfly-payments")).toHaveLength(1);
    // The tenant is told where it is, and never what the password is.
    const told = messages().find((one) => /payments is served/.test(one.text));
    expect(told?.text).toContain("dragonfly-payments.dragonfly-payments.svc.cluster.local:6379");
    await ask("tenants");
    await vi.waitFor(() => expect(toldTo("U0ADA").at(-1) ?? "").toMatch(/payments|tenant/), slow);
  });

  it("leaves by merge request as well: the instance goes, its volumes stay", async () => {
    const card = await askFor("tenant offboard payments");
    await press("run_approve", card, "U0GRACE");
    await done(card);
    expect(await gitlab().file(`${folder}/payments/tenant.yaml`)).toBeUndefined();
    await vi.waitFor(
      () => expect(sandbox.world.infra.objects.list(places.dragonflies, "dragonfly-payments")).toEqual([]),
      slow,
    );
    expect(sandbox.world.infra.objects.list(places.claims, "dragonfly-payments").length).toBeGreaterThan(0);
  });
});

describe("a namespace that is kept out", { timeout: 180_000 }, () => {
  it("is let in from the button under the answer that it is blocked, and then gets through, in the other cluster too", async () => {
    const namespaces = { group: "", plural: "namespaces" };
    const metadata = { name: "shop" };
    sandbox.world.apps.objects.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata });
    await ask("connectivity shop --cluster apps");
    const answer = await vi.waitUntil(
      () => messages().findLast((one) => one.onlyFor === "U0ADA" && textOf(one).includes("shop in apps is blocked")),
      slow,
    );
    expect(textOf(answer)).toContain("Propose access for shop");
    await press("report_next_0", answer, "U0ADA");
    const plan = await vi.waitUntil(
      () => messages().findLast((one) => one.onlyFor === "U0ADA" && textOf(one).includes("plan_ask")),
      slow,
    );
    expect(textOf(plan)).toContain("Let namespace shop connect to dragonfly");
    await press("plan_ask", plan, "U0ADA");
    const card = await said(/access-allow[\s\S]*Waiting for approval|Waiting for approval[\s\S]*shop/);
    await press("run_approve", card, "U0GRACE");
    await done(card);
    await ask("connectivity shop --cluster apps");
    await vi.waitFor(
      () =>
        expect(toldTo("U0ADA").at(-1)).toMatch(
          /OK.*shop in apps gets through, as it should: \S+ dragonfly-system\/dragonfly/,
        ),
      slow,
    );
  });
});

describe("what people do in GitLab meanwhile", { timeout: 180_000 }, () => {
  it("a push after the question voids it, is asked about as it is now, and the pushed content is what is merged", async () => {
    const card = await propose("billing");
    const iid = iidOf(card);
    const [source = ""] = [...new Set(await branches())].filter((name) => name.includes("billing"));
    const readme = (await gitlab().file(`${folder}/billing/README.md`, source)) ?? "";
    await gitlab().people.push("linus", {
      branch: source,
      message: "Say more",
      files: { [`${folder}/billing/README.md`]: `${readme}\nMore about it.\n` },
    });
    const again = await vi.waitUntil(() => replies(card.ts).find((one) => /pushed/.test(one.text)), slow);
    expect(again.text).toMatch(/does not count/);
    const asked = await vi.waitUntil(
      () =>
        messages().find(
          (one) => one.ts === card.ts && /Waiting for approval/.test(textOf(one)) && /[Aa]sked again/.test(textOf(one)),
        ),
      slow,
    );
    // Whoever pushed has a hand in it now.
    await press("run_approve", asked, "U0LINUS");
    await vi.waitFor(() => expect(toldTo("U0LINUS").at(-1)).toMatch(/hand in this change/), slow);
    await press("run_approve", asked, "U0GRACE");
    await done(card);
    expect(await gitlab().file(`${folder}/billing/README.md`)).toMatch(/More about it/);
    expect(merges().filter(({ path }) => path.includes(`/merge_requests/${iid}/`))).toHaveLength(1);
  });

  it("a merge request that is closed there ends the run here, and says who closed it", async () => {
    const card = await propose("closing");
    await gitlab().people.close("grace", iidOf(card));
    const ended = await vi.waitUntil(
      () =>
        messages().find(
          (one) => one.ts === card.ts && /[Cc]losed/.test(textOf(one)) && !/Waiting for approval/.test(textOf(one)),
        ),
      slow,
    );
    expect(textOf(ended)).toMatch(/grace/i);
  });

  it("one that is rejected here is closed there, with the reason", async () => {
    const card = await propose("rejected");
    await press("run_reject", card, "U0GRACE");
    const view = await dialog("U0GRACE");
    const values = { reason: { reason: { type: "plain_text_input" as const, value: "not this quarter" } } };
    await sandbox.slack.people.submitView({ user: "U0GRACE", view_id: view.id, values });
    await vi.waitUntil(async () => (await stateOf(iidOf(card))) === "closed", { timeout: 40_000, interval: 300 });
  });

  it("one that somebody opens there is reviewed here, never by its author, and merged as it was approved", async () => {
    const list = (await gitlab().file("bot/base/dfbot.yaml")) ?? "";
    const policy = "kubernetes/workloads/platform/databases/dragonfly/networkpolicy.yaml";
    const cilium = "kubernetes/workloads/platform/databases/dragonfly-cilium/ciliumnetworkpolicy.yaml";
    const add = (text: string) => text.replace(/^( *)- harbor$/m, "$1- harbor\n$1- reports");
    await gitlab().people.push("linus", {
      branch: "reports-by-hand",
      message: "Let reports in",
      files: {
        "bot/base/dfbot.yaml": add(list),
        [policy]: add((await gitlab().file(policy)) ?? ""),
        [cilium]: add((await gitlab().file(cilium)) ?? ""),
      },
    });
    const title = "Let reports in <!channel> & *bold*";
    const iid = await gitlab().people.openMergeRequest("linus", { sourceBranch: "reports-by-hand", title });
    const card = await said(new RegExp(`!${iid}[\\s\\S]*Waiting for approval|Waiting for approval[\\s\\S]*!${iid}`));
    expect(JSON.stringify(card.blocks)).not.toContain("<!channel>");
    await press("run_approve", card, "U0LINUS");
    await vi.waitFor(() => expect(toldTo("U0LINUS").at(-1)).toMatch(/others decide/), slow);
    expect(await stateOf(iid)).toBe("opened");
    await press("run_approve", card, "U0GRACE");
    await done(card);
    expect(await gitlab().file(policy)).toContain("- reports");
  });

  it("two proposals at once that touch the same list both land in the end", async () => {
    const [left, right] = [await propose("left"), await propose("right")];
    await Promise.all([press("run_approve", left, "U0GRACE"), press("run_approve", right, "U0GRACE")]);
    const ended = new Set<string>();
    await vi.waitUntil(
      async () => {
        for (const { ts } of [left, right]) {
          const now = messages().find((one) => one.ts === ts);
          if (now === undefined) continue;
          if (/: Done/.test(textOf(now))) ended.add(ts);
          // The second one is drafted anew on what the first one made of the list, and asked about again.
          else if (/Waiting for approval/.test(textOf(now)) && /[Aa]sked again/.test(textOf(now)))
            await press("run_approve", now, "U0GRACE");
        }
        return ended.size === 2;
      },
      { timeout: 90_000, interval: 500 },
    );
    const text = (await gitlab().file(`${folder}/kustomization.yaml`)) ?? "";
    expect(text).toMatch(/- left\n/);
    expect(text).toMatch(/- right\n/);
  });
});

async function stateOf(iid: number): Promise<unknown> {
  const response = await fetch(`${gitlab().url}/api/v4/projects/${gitlab().projectId}/merge_requests/${iid}`, {
    headers: { "private-token": gitlab().token("root") },
  });
  const body: unknown = await response.json();
  return typeof body === "object" && body !== null && "state" in body ? body.state : undefined;
}

async function branches(): Promise<readonly string[]> {
  const response = await fetch(`${gitlab().url}/api/v4/projects/${gitlab().projectId}/repository/branches`, {
    headers: { "private-token": gitlab().token("root") },
  });
  const body: unknown = await response.json();
  return Array.isArray(body) ? body.map((one: { name: string }) => one.name) : [];
}
