import { afterEach, describe, expect, it, vi } from "vitest";
import type { StoredView } from "../../../sandbox/slack/workspace.ts";
import { BotError } from "../../../src/errors.ts";
import { changeSurface } from "../../fakes/change-surface.ts";
import { fakePlatform } from "../../fakes/platform.ts";
import { type SlackWorld, type SlackWorldOptions, startSlackWorld } from "../../fakes/slack-world.ts";
import { previews, tenantChanges } from "../../fakes/tenant-runbooks.ts";

let world: SlackWorld;
let changes: ReturnType<typeof changeSurface>;
afterEach(async () => {
  await changes.stop();
  await world.stop();
});

async function start(mode: "http" | "socket" = "http", more: Parameters<typeof changeSurface>[1] = {}) {
  changes = changeSurface(tenantChanges, more);
  const options: SlackWorldOptions = { changes: changes.surface, reads: previews };
  world = await startSlackWorld(mode, fakePlatform(), options);
  changes.onChange((record) => void world.showRun(record));
}

const ada = "U0ADA";
const said = (value: unknown) => JSON.stringify(value) ?? "";
const views = () => world.slack.workspace.views.filter(({ type }) => type === "modal");
/** The dialog on top, once it says this. */
const dialog = (words: RegExp) => vi.waitUntil(() => views().findLast((view) => words.test(said(view))));
const cards = () => world.slack.workspace.messages.filter(({ onlyFor, text }) => onlyFor === undefined && text !== "");
const texts = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { plan_field: { type: "plain_text_input", value } }]),
  );
const complete = {
  name: "payments",
  namespace: "payments-prod",
  owner: "Team <Payments>",
  purpose: "sessions",
  memory: "2Gi",
};
const submit = (view: StoredView, values: Readonly<Record<string, object>> = {}) =>
  world.slack.people.submitView({ user: ada, view_id: view.id, values: values as never });

async function planned(values: Readonly<Record<string, string>> = complete): Promise<StoredView> {
  await world.ask("/dragonfly tenant propose");
  await submit(await dialog(/Show the plan/), texts(values));
  return await dialog(/Own instance for/);
}

describe.each(["http", "socket"] as const)("tenant propose without its words, over %s", (mode) => {
  it("opens a form at once, plans on top of it, and asks for the change in the channel it came from", async () => {
    await start(mode);
    await world.ask("/dragonfly tenant propose payments");
    const form = await dialog(/Show the plan/);
    expect(said(form)).toContain('"initial_value":"payments"');
    expect(await submit(form, texts(complete))).toEqual({ ok: true });
    const plan = await dialog(/Own instance for payments/);
    expect(plan.previous).toBe(form.id);
    expect(said(plan)).toMatch(/memory of all tenants.*a Dragonfly of three pods.*diff --git.*1 check is ok/s);
    expect(said(plan)).toContain("name: payments &amp; &lt;friends&gt;");
    expect(cards()).toEqual([]);

    expect(await submit(plan)).toEqual({ ok: true });
    expect(views()).toEqual([]);
    await expect.poll(() => said(cards())).toContain("Waiting for approval");
    expect(cards()).toHaveLength(1);
    expect(cards()[0]?.channel).toBe("C0OPS");
    const [run] = await changes.surface.runs();
    expect(run).toMatchObject({
      runbook: "tenant-propose",
      requester: { surface: "slack", id: ada },
      params: { ...complete, replicas: 3, persistence: true, clusters: ["infra"] },
    });
  });
});

describe("a form", () => {
  it("that is wrong says so at its fields, and is still there", async () => {
    await start();
    await world.ask("/dragonfly tenant propose");
    const form = await dialog(/Show the plan/);
    expect(await submit(form, texts({ ...complete, name: "Payments", memory: "2GB" }))).toMatchObject({ ok: false });
    expect(views()[0]?.errors).toEqual({
      name: 'Found "Payments"; lower case letters, digits, and dashes between them',
      memory: 'Found "2GB"; a number of Mi or Gi, such as 512Mi or 2Gi',
    });
  });

  it("says what is wrong while somebody types, once they pause, and takes it back when it is right", async () => {
    await start();
    await world.ask("/dragonfly tenant propose");
    const form = await dialog(/Show the plan/);
    const type = (value: string) =>
      world.slack.people.action({ user: ada, view_id: form.id, block_id: "memory", action_id: "plan_field", value });
    for (const letters of ["2", "2G", "2GB"]) await type(letters);
    await dialog(/:warning: Found \\"2GB\\"/);
    const updates = world.slack.log.filter(({ method }) => method === "views.update");
    expect(updates).toHaveLength(1);
    await type("2Gi");
    await vi.waitUntil(() => !said(views()).includes(":warning:"));
  });

  it("can be gone back to from its plan, and sent off again with something else", async () => {
    await start();
    const first = await planned({ ...complete, name: "taken" });
    expect(said(first)).toContain("Choose another name.");
    expect(said(first)).not.toContain("Open merge request");
    await world.slack.people.closeView({ user: ada, view_id: first.id });
    const [form] = views();
    if (form === undefined) throw new Error("the form is gone");
    await submit(form, texts(complete));
    expect(said(await dialog(/Own instance for payments/))).toContain("Open merge request");
  });

  it("of another change comes from the same machinery", async () => {
    await start();
    await world.ask("/dragonfly tenant resize memory=lots");
    const form = await dialog(/Show the plan/);
    expect(said(form)).toContain(":warning: Found");
    await submit(form, texts({ name: "payments", memory: "4Gi" }));
    await dialog(/Another size for payments/);
  });

  it("from another version says so", async () => {
    await start();
    await world.ask("/dragonfly tenant propose");
    const form = await dialog(/Show the plan/);
    Object.assign(form.definition, { private_metadata: "{}" });
    await submit(form, texts(complete));
    await dialog(/older version/);
  });

  it("that Slack does not open any more is said, with the line that needs none", async () => {
    await start();
    world.slack.faults.failing.set("views.open", "expired_trigger_id");
    await world.ask("/dragonfly tenant propose");
    await expect.poll(() => world.shown().at(-1)?.text).toContain("/dragonfly tenant propose");
  });
});

describe("a plan", () => {
  it("sent off twice, and delivered twice, is one run", async () => {
    await start();
    const plan = await planned();
    world.slack.faults.deliverTwice = true;
    await Promise.all([submit(plan), submit(plan)]);
    await expect.poll(() => cards().length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await changes.surface.runs()).toHaveLength(1);
    expect(cards()).toHaveLength(1);
  });

  it("delivered twice while it is made is made once, and shown", async () => {
    await start();
    await world.ask("/dragonfly tenant propose");
    world.slack.faults.deliverTwice = true;
    await submit(await dialog(/Show the plan/), texts(complete));
    await dialog(/Own instance for payments/);
  });

  it("whose dialog was closed meanwhile troubles nobody", async () => {
    await start();
    world.slack.faults.failing.set("views.update", "not_found");
    await world.ask("/dragonfly tenant propose");
    const form = await dialog(/Show the plan/);
    await submit(form, texts(complete));
    await expect
      .poll(() => world.slack.log.filter(({ method }) => method === "views.update").length)
      .toBeGreaterThan(3);
    expect(world.logs.join("")).not.toContain("could not be shown");
  });

  it("that cannot be made says why, in the dialog", async () => {
    changes = changeSurface(tenantChanges);
    const [propose] = previews;
    if (propose === undefined) throw new Error("no preview");
    const run = async () => {
      throw new BotError("git.unreachable", "GitLab does not answer", "Try again");
    };
    world = await startSlackWorld("http", fakePlatform(), { changes: changes.surface, reads: [{ ...propose, run }] });
    await world.ask("/dragonfly tenant propose");
    await submit(await dialog(/Show the plan/), texts(complete));
    const view = await dialog(/GitLab does not answer/);
    expect(said(view)).not.toContain("Open merge request");
  });

  it("of something that this person may not ask for has no button, and says why", async () => {
    const permit = async (_: string, person: string) => {
      throw new BotError("permission.denied", `${person} may not ask for this`, "");
    };
    await start("http", { permit });
    expect(said(await planned())).toContain("U0ADA may not ask for this");
    expect(said(views().at(-1))).not.toContain("Open merge request");
  });

  it("of complete words is a private message, whose button asks for it once", async () => {
    await start();
    await world.ask(
      '/dragonfly tenant propose payments namespace=payments-prod owner="Team P" purpose=sessions memory=2Gi',
    );
    await expect.poll(() => world.shown().at(-1)?.text ?? "").toMatch(/^OK: Own instance for payments/);
    const message = world.shown().at(-1);
    if (message === undefined) throw new Error("no plan");
    expect(message.onlyFor).toBe(ada);
    world.slack.faults.deliverTwice = true;
    await world.press("Open merge request", message);
    await expect.poll(() => cards().length).toBe(1);
    await expect.poll(() => message.text).toMatch(/^Asked for: run `r-/);
    expect(await changes.surface.runs()).toHaveLength(1);
  });

  it("of words that fail a check says what to change, and has no button", async () => {
    await start();
    await world.ask("/dragonfly tenant propose taken namespace=x owner=x purpose=x memory=2Gi");
    await expect.poll(() => said(world.shown().at(-1))).toContain("Choose another name.");
    expect(said(world.shown().at(-1)?.blocks)).not.toContain("Open merge request");
    expect(said(world.shown().at(-1)?.blocks)).toContain("Details");
  });

  it("that another one has the lock of is refused, and its button stays for later", async () => {
    await start();
    const plan = await planned();
    await submit(plan);
    await expect.poll(() => cards().length).toBe(1);
    await submit(await planned());
    await expect
      .poll(() => said(world.slack.workspace.messages.filter(({ onlyFor }) => onlyFor === ada)))
      .toContain("is already changing tenants/payments");
    expect(await changes.surface.runs()).toHaveLength(1);
  });
});

describe("the card of a tenant's change", () => {
  it("links the merge request, says who is missing, ends with what is wrong, and offers what helps, planned first", async () => {
    await start();
    await submit(await planned());
    const card = await vi.waitUntil(() => cards().find((one) => said(one).includes("Waiting for approval")));
    expect(said(card)).toContain("<https://gitlab.example/platform/dragonfly/-/merge_requests/12|Merge request !12>");
    expect(said(card)).toContain("1 check is ok");
    await world.press("Approve", card, "U0GRACE");
    await expect.poll(() => said(card)).toContain("<@U0GRACE> · *1 more*");
    await world.press("Approve", card, "U0LINUS");
    await expect.poll(() => said(card)).toContain("Done, and something is wrong");
    expect(said(card)).toContain("The Secret is not synced");

    await world.press("Revert !12", card, "U0GRACE");
    const told = () => world.slack.workspace.messages.findLast(({ onlyFor }) => onlyFor === "U0GRACE");
    await expect.poll(() => told()?.text ?? "").toBe("OK: Revert !12");
    const plan = told();
    if (plan === undefined) throw new Error("no plan");
    await world.press("Open merge request", plan, "U0GRACE");
    await expect.poll(async () => (await changes.surface.runs()).length).toBe(2);
    expect((await changes.surface.runs()).at(-1)).toMatchObject({
      runbook: "revert",
      params: { mergeRequest: 12 },
      requester: { id: "U0GRACE" },
    });
  });
});

describe("the App Home", () => {
  it("has a button for a tenant, whose form asks where it is to be decided", async () => {
    await start("http", { operationsChannel: "C0OPS" });
    await world.slack.people.openHome({ user: ada });
    await vi.waitUntil(() => said(world.slack.people.homeOf(ada)).includes("Propose a tenant"));
    const home = world.slack.people.homeOf(ada);
    await world.slack.people.action({
      user: ada,
      view_id: home?.id ?? "",
      block_id: "",
      action_id: "home_propose",
    });
    await submit(await dialog(/Show the plan/), texts(complete));
    await submit(await dialog(/asked for in <#C0OPS>/));
    await expect.poll(() => cards().map(({ channel }) => channel)).toEqual(["C0OPS"]);
  });

  it("has none when no such change exists", async () => {
    changes = changeSurface([]);
    world = await startSlackWorld("http", fakePlatform(), { changes: changes.surface });
    await world.slack.people.openHome({ user: ada });
    await vi.waitUntil(() => said(world.slack.people.homeOf(ada)).includes("The platform"));
    expect(said(world.slack.people.homeOf(ada))).not.toContain("Propose a tenant");
  });
});
