import { afterEach, describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { Platform } from "../../../src/platform/ports.ts";
import { fakePlatform, replicaState } from "../../fakes/platform.ts";
import { type SlackWorld, startSlackWorld } from "../../fakes/slack-world.ts";

let world: SlackWorld;
afterEach(() => world.stop());

const last = (channel?: string, user?: string) => world.shown(channel, user).at(-1);
const answered = (channel?: string, user?: string) => expect.poll(() => last(channel, user)?.text ?? "");
const said = (value: unknown) => JSON.stringify(value);

describe.each(["http", "socket"] as const)("a command over %s", (mode) => {
  it("is acknowledged at once and answered in one message, for the asker only", async () => {
    world = await startSlackWorld(mode);
    const { ok, ackMs } = await world.ask("/dragonfly status");
    expect(ok).toBe(true);
    expect(ackMs).toBeLessThan(3_000);
    await answered().toMatch(/^OK: dragonfly/);
    expect(world.shown()).toHaveLength(1);
    expect(last()).toMatchObject({ onlyFor: "U0ADA" });
    expect(world.shown("C0OPS", "U0GRACE")).toEqual([]);
  });

  it("says what is wrong when something is", async () => {
    world = await startSlackWorld(
      mode,
      fakePlatform({ servers: { "dragonfly-1": replicaState({}, { up: false, lastIoSecondsAgo: 40 }) } }),
    );
    await world.ask("/dragonfly role");
    await answered().toMatch(/^Failing: .*Replica dragonfly-1 has lost its primary/);
  });

  it("delivered twice is answered once", async () => {
    world = await startSlackWorld(mode);
    world.slack.faults.deliverTwice = true;
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(world.shown()).toHaveLength(1);
  });

  it("opens the details in a dialog, and runs again in place", async () => {
    world = await startSlackWorld(mode);
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    const message = last();
    if (message === undefined) throw new Error("no answer");
    await world.press("Details", message);
    await expect.poll(() => said(world.slack.workspace.views)).toContain("Pod labels agree with the servers");
    await world.press("Run again", message);
    await expect.poll(() => world.slack.workspace.messages.length).toBe(1);
    await answered().toMatch(/^OK/);
  });
});

describe("Socket Mode", () => {
  it("goes on after Slack asked for a new connection", async () => {
    world = await startSlackWorld("socket");
    world.slack.refreshSockets();
    await expect
      .poll(() => world.slack.log.filter(({ method }) => method === "apps.connections.open").length)
      .toBeGreaterThan(1);
    await expect.poll(async () => (await world.ask("/dragonfly help")).ok).toBe(true);
    await answered().toContain("What you can ask");
  });
});

describe("words", () => {
  it.each([
    ["/dragonfly", "What you can ask"],
    ["/dragonfly help", "/dragonfly role [instance]"],
    ["/dragonfly statsu", "Did you mean `/dragonfly status`?"],
    ["/dragonfly runbooks", "instance"],
    ["/dragonfly run rloe", "Did you mean `/dragonfly run role`?"],
    ["/dragonfly status dragonfly;reboot", "lower case letters, digits and dashes only"],
    ["/dragonfly status $(id)", "must be an instance name"],
    ["/dragonfly status nobody", 'There is no Dragonfly instance "nobody"'],
    ["/dragonfly status a b", "one word too many"],
    ["/dragonfly status instnace=x", "did you mean instance?"],
    ["/dragonfly <!channel>", "I do not know"],
  ])("%s is answered with a sentence", async (line, sentence) => {
    world = await startSlackWorld("http");
    await world.ask(line);
    await answered().toContain(sentence);
    expect(last()?.text).not.toMatch(/<!channel>|\bat .*\.ts:/);
  });
});

describe("sharing", () => {
  it("with --share posts a real message and puts the answer in it", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role --share");
    await answered("C0OPS", "U0GRACE").toMatch(/^OK/);
    expect(last()).toMatchObject({ edited: true });
    expect(world.slack.workspace.messages).toHaveLength(1);
  });

  it("with --share where the bot is not a member still posts, and says how to invite it", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role --share", "C0PRIVATE");
    await answered("C0PRIVATE", "U0GRACE").toMatch(/^OK/);
    await expect.poll(() => world.slack.workspace.messages.length).toBe(1);
    expect(said(last("C0PRIVATE")?.blocks)).toContain("/invite");
  });

  it("by the button names who shared it and leaves a note in place of the private answer", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    const message = last();
    if (message === undefined) throw new Error("no answer");
    await world.press("Share", message);
    await answered("C0OPS", "U0GRACE").toMatch(/^OK/);
    expect(said(last("C0OPS", "U0GRACE")?.blocks)).toContain("Shared by <@U0ADA>");
    await expect.poll(() => world.slack.workspace.messages[0]?.text).toBe("Shared in this channel.");
  });

  it("a shared message that was deleted meanwhile comes again, with a word about it", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role --share");
    await answered().toMatch(/^OK/);
    const message = last();
    if (message === undefined) throw new Error("no answer");
    world.slack.faults.rateLimited.set("chat.update", 1);
    await world.press("Run again", message);
    await expect.poll(() => world.slack.log.at(-1)?.error).toBe("ratelimited");
    world.slack.workspace.remove(message);
    world.slack.faults.rateLimited.clear();
    await expect.poll(() => said(last()?.blocks ?? "")).toContain("was deleted");
  });
});

describe("when Slack does not take the answer", () => {
  it("an expired response_url is answered by another way", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.expireResponseUrls = true;
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    expect(world.slack.log.at(-1)).toMatchObject({ method: "chat.postEphemeral" });
  });

  it("an expired response_url where the bot is not a member is answered in a direct message", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.expireResponseUrls = true;
    await world.ask("/dragonfly role", "C0PRIVATE");
    await answered("D0ADA").toMatch(/^OK/);
    expect(said(last("D0ADA")?.blocks)).toContain("could not answer where you asked");
  });

  it("an expired trigger is said in words", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    const message = last();
    if (message === undefined) throw new Error("no answer");
    world.slack.faults.expireTriggers = true;
    await world.press("Details", message);
    await answered().toContain("Press Details again");
  });

  it("a rate-limited channel is waited for", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.rateLimited.set("chat.postMessage:C0OPS", 1);
    await world.ask("/dragonfly role --share");
    setTimeout(() => world.slack.faults.rateLimited.clear(), 500);
    await answered().toMatch(/^OK/);
  });

  it("nothing works: the log has it at error level", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.expireResponseUrls = true;
    for (const method of ["chat.postEphemeral", "conversations.open"])
      world.slack.faults.failing.set(method, "fatal_error");
    await world.ask("/dragonfly role");
    await expect.poll(() => world.logs.join("")).toContain("could not be delivered");
  });
});

describe("when every source hangs", () => {
  it("the ack does not wait, and the answer says what hung", async () => {
    const hang = () => new Promise<never>(() => undefined);
    const healthy = fakePlatform();
    const cluster = new Proxy(healthy.cluster("infra"), {
      get: (target, name) => (name === "cluster" || name === "context" ? Reflect.get(target, name) : hang),
    });
    const hanging: Platform = {
      ...healthy,
      cluster: () => cluster,
      metrics: { query: hang, range: hang, rules: hang },
      servers: { state: hang, clients: hang, users: hang },
    };
    world = await startSlackWorld("http", hanging);
    const { ackMs } = await world.ask("/dragonfly status");
    expect(ackMs).toBeLessThan(3_000);
    await answered().toMatch(/^Unknown: .*could not be checked/);
    expect(said(last()?.blocks)).toContain("no answer within");
  });
});

describe("a report that is no longer kept", () => {
  it("is made again by Details, and says so", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    const message = last();
    if (message === undefined) throw new Error("no answer");
    message.blocks = JSON.parse(said(message.blocks).replaceAll(/\\"runId\\":\\"[^\\]+\\"/g, '\\"runId\\":\\"gone\\"'));
    await world.press("Details", message);
    await expect.poll(() => said(world.slack.workspace.views)).toContain("no longer kept");
  });

  it("a button that exists no more gets a sentence", async () => {
    world = await startSlackWorld("http");
    const elements = [{ type: "button", action_id: "of_last_year", text: { type: "plain_text", text: "Old" } }];
    const message = world.slack.workspace.add({
      channel: "C0OPS",
      user: "U0BOT",
      text: "old",
      blocks: [{ type: "actions", elements }],
    });
    expect(await world.press("Old", message)).toEqual({ ok: true });
    await answered().toContain("older version");
  });

  it("a forged button gets a sentence", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role");
    await answered().toMatch(/^OK/);
    const message = last();
    if (message === undefined) throw new Error("no answer");
    message.blocks = message.blocks.map((block) =>
      Array.isArray(block["elements"])
        ? { ...block, elements: block["elements"].map((element) => ({ ...element, value: "{}" })) }
        : block,
    );
    await world.press("Share", message);
    await answered().toContain("older version");
  });
});

describe("a stop", () => {
  it("waits for the answers that people were told are coming", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role");
    await world.stopBot();
    expect(last()?.text).toMatch(/^OK/);
  });
});

describe("an unexpected failure", () => {
  it("of a runbook is told without its inside", async () => {
    const broken: Platform = {
      ...fakePlatform(),
      lastKnownPods: new Proxy(new Map(), {
        get: () => () => {
          throw new TypeError("secret inside");
        },
      }),
    };
    world = await startSlackWorld("http", broken);
    await world.ask("/dragonfly role");
    await answered().toContain("Something went wrong in the bot itself");
    expect(world.logs.join("")).toContain("secret inside");
    expect(said(world.slack.workspace.messages)).not.toContain("secret inside");
  });

  it("that a runbook explains is told in its words", async () => {
    world = await startSlackWorld(
      "http",
      fakePlatform({ infra: { dragonflies: new BotError("kubernetes.forbidden", "not allowed", "Grant it") } }),
    );
    await world.ask("/dragonfly role somebody");
    await answered().toContain("Grant it");
  });
});
