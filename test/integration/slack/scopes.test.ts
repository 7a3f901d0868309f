import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { makePlan } from "../../../src/approvals/plan.ts";
import { type PostNote, postOnce } from "../../../src/commands/delivery/post-once.ts";
import { slackPath } from "../../../src/commands/slack-app.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";
import { noChanges, type SlackWorld, scopes, startSlackWorld } from "../../fakes/slack-world.ts";

const manifest = z
  .object({
    features: z.object({
      app_home: z.object({
        home_tab_enabled: z.boolean(),
        messages_tab_enabled: z.boolean(),
        messages_tab_read_only_enabled: z.boolean(),
      }),
      slash_commands: z.array(z.object({ command: z.string(), url: z.url(), usage_hint: z.string() })),
    }),
    oauth_config: z.object({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
    settings: z.object({
      interactivity: z.object({ is_enabled: z.literal(true), request_url: z.url() }),
      event_subscriptions: z.object({ request_url: z.url(), bot_events: z.array(z.string()) }),
    }),
  })
  .parse(parse(readFileSync(new URL("../../../deploy/slack/manifest.yaml", import.meta.url), "utf8")));

let world: SlackWorld;
afterEach(() => world?.stop());

const without = (scope: string) => scopes.filter((candidate) => candidate !== scope);
const texts = () => world.slack.workspace.messages.map(({ text }) => text).join("\n");

describe("the app manifest", () => {
  it("asks for the scopes that these tests prove, for no others, and for none of a user", () => {
    expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual(scopes.toSorted());
  });

  it("sends commands, clicks and events to the route that the bot serves", () => {
    const { interactivity, event_subscriptions } = manifest.settings;
    const [command] = manifest.features.slash_commands;
    expect(manifest.features.slash_commands.map((each) => each.command)).toEqual(["/dragonfly"]);
    for (const url of [command?.url, interactivity.request_url, event_subscriptions.request_url])
      expect(new URL(url ?? "").pathname).toBe(slackPath);
  });

  it("lets the bot write direct messages, its last way to answer, and does not invite people to", () => {
    // Source: https://docs.slack.dev/reference/methods/chat.postMessage (messages_tab_disabled)
    expect(manifest.features.app_home).toEqual({
      home_tab_enabled: true,
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: true,
    });
  });

  it("has Slack tell when somebody looks at the App Home, and nothing else", () => {
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(["app_home_opened"]);
  });
});

describe("a token with one scope less", () => {
  it("chat:write: nothing is shared by a message of the bot", async () => {
    world = await startSlackWorld("http", undefined, { scopes: without("chat:write") });
    await world.ask("/dragonfly role --share");
    await expect.poll(() => world.slack.log.at(0)?.error).toBe("missing_scope");
  });

  it("im:write: an answer that only a direct message can carry does not arrive, and with it does", async () => {
    world = await startSlackWorld("http", undefined, { scopes: without("im:write") });
    world.slack.faults.expireResponseUrls = true;
    await world.ask("/dragonfly role", "C0PRIVATE");
    await expect.poll(() => world.logs.join("")).toContain("could not be delivered");
    expect(texts()).toBe("");
    await world.stop();

    world = await startSlackWorld("http");
    world.slack.faults.expireResponseUrls = true;
    await world.ask("/dragonfly role", "C0PRIVATE");
    await expect.poll(texts).toMatch(/^OK/);
    expect(world.logs.join("")).not.toContain("could not be delivered");
  });

  it("files:write: a long diff is not in the thread, and with it is", async () => {
    const diff = "- a\n+ b\n".repeat(500);
    const effects = [{ key: "file", description: "Change a file", diff }];
    const plan = makePlan({ runbook: "x", target: "t", title: "Change", risk: "low", effects, preconditions: [] });
    const show = async (given: readonly string[]) => {
      const kept = memoryRunStore();
      const amend = async (id: string, edit: (record: RunRecord) => RunRecord) => {
        const found = await kept.get(id);
        if (found === undefined) throw new Error("there is a run");
        return (await kept.update(found, edit(found.record))).record;
      };
      const changes = { ...noChanges, driver: { ...noChanges.driver, amend } };
      world = await startSlackWorld("http", undefined, { scopes: given, changes });
      const ts = world.slack.workspace.add({
        channel: "C0OPS",
        user: world.slack.workspace.botUserId,
        text: "",
        blocks: [],
      }).ts;
      const asked = { kind: "approval" as const, name: "approval", votes: [], digest: plan.digest, plan };
      const times = { askedAt: "2026-01-02T12:00:00.000Z", expiresAt: "2036-01-02T13:00:00.000Z" };
      const requester = { surface: "slack" as const, id: "U0ADA" };
      const run = newRun(
        { id: "r-1", runbook: "x", version: 1, params: {}, requester, slack: { channel: "C0OPS", ts } },
        new Date(),
      );
      const { record } = await kept.create({ ...run, state: "waiting", checkpoints: [{ ...asked, ...times }] });
      await world.showRun(record);
      await world.showRun(record);
      return world.slack.workspace.messages.filter(({ thread_ts, files }) => thread_ts === ts && files.length > 0);
    };
    expect(await show(without("files:write"))).toEqual([]);
    await world.stop();
    expect(await show(scopes)).toMatchObject([{ files: [{ title: "Change" }] }]);
  });

  it("usergroups:read: who may approve is not known, and with it is", async () => {
    world = await startSlackWorld("http", undefined, { scopes: without("usergroups:read") });
    await expect(world.groupMembers("S0APPROVERS")).rejects.toThrow("missing_scope");
    await world.stop();
    world = await startSlackWorld("http");
    expect(await world.groupMembers("S0APPROVERS")).toEqual(["U0GRACE", "U0LINUS"]);
  });

  it.each([
    ["channels:history", "C0OPS"],
    ["groups:history", "C0PRIVATE"],
  ])("%s: a message that somebody died at is posted again, and with it is found", async (scope, channel) => {
    const begun = new Date(Date.now() - 60_000).toISOString();
    const attempt = async () => {
      world.slack.workspace.channel(channel)?.members.add(world.slack.workspace.botUserId);
      await world.sender.post(channel, { text: "the message" }, { mark: "m-1" });
      // Its process was killed before it could note where it is.
      let note: PostNote = { at: begun };
      const keep = async (edit: (before: PostNote) => PostNote | undefined) => {
        note = edit(note) ?? note;
      };
      const message = () => ({ text: "the message" });
      await postOnce({ sender: world.sender, now: () => new Date(), channel, mark: "m-1", note: keep, message });
      return world.slack.workspace.messages.filter(({ text }) => text === "the message").length;
    };
    world = await startSlackWorld("http", undefined, { scopes: without(scope) });
    expect(await attempt()).toBe(2);
    await world.stop();
    world = await startSlackWorld("http");
    expect(await attempt()).toBe(1);
  });
});
