import { afterEach, describe, expect, it } from "vitest";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { type SlackWorld, startSlackWorld } from "../../fakes/slack-world.ts";

let world: SlackWorld;
afterEach(() => world.stop());

const said = (value: unknown) => JSON.stringify(value);
const last = (channel?: string, user?: string) => world.shown(channel, user).at(-1);

async function answerTo(line: string, channel = "C0OPS"): Promise<StoredMessage> {
  await world.ask(line, channel);
  await expect.poll(() => last(channel)?.text ?? "").toMatch(/^OK/);
  const message = last(channel);
  if (message === undefined) throw new Error("no answer");
  return message;
}

/** A button as a forger, or another version, would write it. */
function forge(message: StoredMessage, runbook: string): void {
  message.blocks = JSON.parse(
    said(message.blocks).replaceAll(
      /\\"runId\\":\\"[^\\]+\\",\\"runbook\\":\\"\w+\\"/g,
      `\\"runId\\":\\"gone\\",\\"runbook\\":\\"${runbook}\\"`,
    ),
  );
}

describe("a button for a runbook that does not exist", () => {
  it("Share says so, and shares nothing", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role");
    forge(message, "nope");
    await world.press("Share", message);
    await expect.poll(() => last()?.text).toContain('There is no runbook "nope"');
    expect(world.shown("C0OPS", "U0GRACE")).toEqual([]);
  });

  it("Details says so in the dialog, which does not load for ever", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role");
    forge(message, "nope");
    await world.press("Details", message);
    await expect.poll(() => said(world.slack.workspace.views)).toContain("There is no runbook");
    expect(said(world.slack.workspace.views)).not.toContain("Loading");
  });
});

describe("words without a run", () => {
  it("reach the asker by another way when the response_url has expired", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.expireResponseUrls = true;
    await world.ask("/dragonfly help");
    await expect.poll(() => last()?.text).toContain("What you can ask");
  });
});

describe("where the bot may not write", () => {
  it("Run again under an answer that a person's response_url posted replaces it", async () => {
    world = await startSlackWorld("http");
    await world.ask("/dragonfly role --share", "C0PRIVATE");
    const posted = () => world.slack.workspace.messages.find(({ onlyFor }) => onlyFor === undefined);
    await expect.poll(posted).toBeDefined();
    const message = posted();
    if (message === undefined) throw new Error("not posted");
    message.text = "an old answer";
    await world.press("Run again", message);
    await expect.poll(() => message.text).toMatch(/^OK/);
    expect(world.logs.join("")).not.toContain("could not be delivered");
  });

  it("an archived channel is called archived, not one to be invited to", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.failing.set("chat.postMessage", "is_archived");
    await world.ask("/dragonfly role --share");
    await expect.poll(() => said(last()?.blocks ?? "")).toContain("archived");
    expect(said(world.slack.workspace.messages)).not.toContain("/invite");
  });

  it("an answer whose channel the bot was removed from meanwhile comes as a direct message", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role --share");
    const channel = world.slack.workspace.channel("C0OPS");
    channel?.members.delete(world.slack.workspace.botUserId);
    world.slack.faults.expireResponseUrls = true;
    await world.press("Run again", message);
    await expect.poll(() => last("D0ADA")?.text ?? "").toMatch(/^OK/);
    expect(said(last("D0ADA")?.blocks)).toContain("not a member");
  });
});

describe("when Slack refuses the blocks", () => {
  const refuse = (world: SlackWorld, ...methods: readonly string[]) => {
    for (const method of methods) world.slack.faults.failing.set(method, "invalid_blocks");
  };

  it("a dialog says where else the details are", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role");
    refuse(world, "views.update");
    await world.press("Details", message);
    await expect.poll(() => last()?.text).toContain("Slack would not take the details");
  });

  it("Share that cannot be is said, and the answer stays with its button", async () => {
    world = await startSlackWorld("http");
    const message = await answerTo("/dragonfly role");
    refuse(world, "chat.postMessage");
    await world.press("Share", message);
    await expect
      .poll(() => last()?.text)
      .toContain("I could not share it. _Slack did not let me write there (invalid_blocks)._");
    expect(said(message.blocks)).toContain("report_share");
  });
});

describe("when every way fails", () => {
  it("the log names the run, so that the answer can be found", async () => {
    world = await startSlackWorld("http");
    world.slack.faults.expireResponseUrls = true;
    for (const method of ["chat.postEphemeral", "conversations.open"])
      world.slack.faults.failing.set(method, "fatal_error");
    await world.ask("/dragonfly role");
    const line = () => world.logs.find((text) => text.includes("could not be delivered")) ?? "{}";
    await expect.poll(line).not.toBe("{}");
    expect(JSON.parse(line())).toMatchObject({ level: 50, runId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });
});
