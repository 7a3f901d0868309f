import { afterEach, describe, expect, it } from "vitest";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { answerButtons } from "../../../src/commands/buttons.ts";
import type { KeyValueStore } from "../../../src/commands/report-keeper.ts";
import { fakePlatform, replicaState } from "../../fakes/platform.ts";
import { finding, report } from "../../fakes/report.ts";
import { type SlackWorld, startSlackWorld } from "../../fakes/slack-world.ts";

let world: SlackWorld;
afterEach(() => world.stop());

const said = (value: unknown) => JSON.stringify(value);
const posted = (channel = "C0OPS") =>
  world.slack.workspace.messages.filter((message) => message.channel === channel && message.onlyFor === undefined);

async function answerTo(line: string, channel = "C0OPS"): Promise<StoredMessage> {
  await world.ask(line, channel);
  await expect.poll(() => world.shown(channel).at(-1)?.text ?? "").toMatch(/^(OK|Failing)/);
  const message = world.shown(channel).at(-1);
  if (message === undefined) throw new Error("no answer");
  return message;
}

function labels(message: StoredMessage): readonly string[] {
  return [
    ...said(message.blocks).matchAll(
      /"type":"button","action_id":"[^"]+","text":\{"type":"plain_text","text":"([^"]+)"/g,
    ),
  ].map(([, label]) => label ?? "");
}

const broken = () =>
  fakePlatform({ servers: { "dragonfly-1": replicaState({}, { up: false, lastIoSecondsAgo: 40 }) } });

describe.each(["http", "socket"] as const)("a button over %s", (mode) => {
  it("pressed twice by an impatient person shares once, when Slack delivers the click twice", async () => {
    world = await startSlackWorld(mode);
    const message = await answerTo("/dragonfly role");
    world.slack.faults.deliverTwice = true;
    await world.press("Share", message);
    await expect.poll(() => posted().length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(posted()).toHaveLength(1);
  });

  it("that a finding suggests runs that runbook, as an answer of its own, for the one who pressed", async () => {
    world = await startSlackWorld(mode, broken());
    const message = await answerTo("/dragonfly role --share");
    // As a runbook's finding would suggest it; none of the first runbooks does yet.
    const next = [{ runbook: "status", params: {}, label: "Look closer" }];
    message.blocks = JSON.parse(
      said(answerButtons(report({ runbook: "role", findings: [finding({ next })] }), { shareable: false })),
    );
    await world.press("Look closer", message, "U0GRACE");
    const own = () => world.slack.workspace.messages.filter(({ onlyFor }) => onlyFor === "U0GRACE");
    await expect.poll(() => own().at(-1)?.text ?? "").toMatch(/^Failing/);
    // What everybody sees stays as it was: a click's response_url would replace it.
    expect(said(message.blocks)).toContain("Look closer");
    expect(posted()).toEqual([message]);
  });
});

describe("Share", () => {
  it("where the bot is not a member posts through the person, says how to invite it, and leaves a note", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role", "C0PRIVATE");
    await world.press("Share", message);
    await expect.poll(() => posted("C0PRIVATE").length).toBe(1);
    expect(said(posted("C0PRIVATE")[0]?.blocks)).toContain("Shared by <@U0ADA>");
    await expect.poll(() => message.text).toContain("/invite");
  });

  it("is not offered under what everybody sees already", async () => {
    world = await startSlackWorld("http");
    expect(labels(await answerTo("/dragonfly role --share"))).toEqual(["Details", "Run again"]);
  });
});

describe("Details", () => {
  it("opens at once for everybody who presses, each in their own dialog", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role --share");
    await world.press("Details", message, "U0ADA");
    await world.press("Details", message, "U0GRACE");
    await expect.poll(() => said(world.slack.workspace.views)).not.toContain("Loading");
    expect(world.slack.workspace.views.map(({ user }) => user).toSorted()).toEqual(["U0ADA", "U0GRACE"]);
  });

  it("waits out a rate limit on filling the dialog", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role");
    world.slack.faults.rateLimited.set("views.update", 1);
    await world.press("Details", message);
    await expect.poll(() => world.slack.log.at(-1)?.error).toBe("ratelimited");
    world.slack.faults.rateLimited.clear();
    await expect.poll(() => said(world.slack.workspace.views)).toContain("Pod labels agree");
  });

  it("closed before it was filled is no trouble", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role");
    world.slack.faults.failing.set("views.update", "not_found");
    await world.press("Details", message);
    await expect.poll(() => world.logs.join("")).toContain("could not be filled");
    world.slack.faults.failing.clear();
    await world.press("Details", message);
    await expect.poll(() => said(world.slack.workspace.views)).toContain("Pod labels agree");
  });
});

describe("a report of another process", () => {
  function sharedStore() {
    const values = new Map<string, string>();
    const store: KeyValueStore = {
      get: async (key) => values.get(key) ?? null,
      set: async (key, value) => void values.set(key, value),
    };
    return { values, store };
  }

  it("is found in the store, not read again", async () => {
    const { store, values } = sharedStore();
    world = await startSlackWorld("http", fakePlatform(), { store });
    const before = await answerTo("/dragonfly role");
    await expect.poll(() => values.size).toBe(1);
    await world.stop();

    // Another process, to which the instance looks broken: a fresh run would say so.
    world = await startSlackWorld("http", broken(), { store });
    const message = await answerTo("/dragonfly role");
    message.blocks = before.blocks;
    await world.press("Details", message);
    await expect.poll(() => said(world.slack.workspace.views)).toContain("*OK*");
    expect(said(world.slack.workspace.views)).not.toContain("no longer kept");
  });
});

describe("a socket that Slack closes", () => {
  it("is opened again, and commands go on", async () => {
    world = await startSlackWorld("socket");
    await answerTo("/dragonfly role");
    world.slack.refreshSockets();
    await expect.poll(() => world.slack.log.filter(({ method }) => method === "apps.connections.open").length).toBe(2);
    await expect.poll(async () => (await world.ask("/dragonfly help")).ok).toBe(true);
    await expect.poll(() => world.shown().at(-1)?.text).toContain("What you can ask");
  });
});
