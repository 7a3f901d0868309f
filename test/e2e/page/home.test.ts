import { mkdirSync } from "node:fs";
import { type KnownBlock, LogLevel, WebClient } from "@slack/web-api";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { buildPage } from "../../../sandbox/page/build.ts";
import { type SlackSimulation, startSlack } from "../../../sandbox/slack/server.ts";
import { type App, startApp } from "../../conformance/slack/app.ts";
import { launchBrowser, type Visit, visit } from "./browser.ts";

/** The page on the Slack simulation itself, with an app that a test plays. */
const screenshots = "test-output";
let app: App;
let slack: SlackSimulation;
let client: WebClient;
let browser: Browser;
let visitor: Visit;
let page: Page;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  app = await startApp();
  slack = await startSlack({
    signingSecret: "fake-signing-secret",
    botToken: "xoxb-fake",
    appToken: "xapp-fake",
    scopes: ["chat:write", "files:write"],
    commands: [{ command: "/dragonfly", description: "", usage_hint: "" }],
    deliver: { mode: "http", requestUrl: () => app.url },
    homeTab: true,
    botEvents: ["app_home_opened"],
    pageDir: await buildPage(),
  });
  client = new WebClient("xoxb-fake", { slackApiUrl: slack.apiUrl, logLevel: LogLevel.ERROR });
  visitor = await visit(browser, slack.origin);
  page = visitor.page;
});
afterEach(async () => {
  await page.context().close();
  await slack.stop();
  await app.stop();
  expect(visitor.failures).toEqual([]);
});

const text = (words: string) => ({ type: "plain_text" as const, text: words });
const option = (value: string) => ({ text: text(value), value });
const opened = z.object({ event: z.object({ type: z.literal("app_home_opened"), user: z.string() }) });
const pressed = z.object({
  type: z.literal("block_actions"),
  user: z.object({ id: z.string() }),
  trigger_id: z.string(),
  actions: z.array(z.looseObject({ action_id: z.string() })),
});
const actionsSent = () => app.received.flatMap(({ body }) => pressed.safeParse(body).data?.actions ?? []);
const home = () => page.getByRole("region", { name: "App Home" });
const goHome = () => page.getByRole("navigation").getByRole("button", { name: "Home" }).click();

/** An app whose Home tab counts what it was told, and lists what waits for the person. */
function playApp(): void {
  let refreshed = 0;
  const publish = (user_id: string) =>
    client.views.publish({ user_id, view: { type: "home", blocks: blocks(user_id) } });
  const blocks = (user: string): KnownBlock[] => [
    { type: "header", text: text("Dragonfly") },
    { type: "section", text: { type: "mrkdwn", text: `Hello <@${user}>, refreshed ${refreshed} times.` } },
    {
      type: "actions",
      elements: [
        { type: "button", action_id: "refresh", text: text("Refresh") },
        { type: "button", action_id: "propose", style: "primary", text: text("Propose a change") },
      ],
    },
    { type: "divider" },
    { type: "header", text: text("Waiting for you") },
    {
      type: "section",
      block_id: "request",
      text: { type: "mrkdwn", text: "*Resize* the shared cluster to 8 GiB\nasked by <@U0GRACE>" },
      accessory: {
        type: "button",
        action_id: "approve",
        value: "r-7",
        text: text("Approve"),
        confirm: {
          title: text("Approve the change?"),
          text: text("It begins at once."),
          confirm: text("Approve"),
          deny: text("Not now"),
        },
      },
    },
  ];
  app.reply = async ({ body }) => {
    const event = opened.safeParse(body).data;
    if (event !== undefined) await publish(event.event.user);
    const click = pressed.safeParse(body).data;
    if (click?.actions[0]?.action_id === "refresh") {
      refreshed += 1;
      await publish(click.user.id);
    }
    if (click?.actions[0]?.action_id === "propose")
      await client.views.open({ trigger_id: click.trigger_id, view: form });
    return {};
  };
}

const form = {
  type: "modal" as const,
  callback_id: "propose",
  title: text("Propose a change"),
  submit: text("Propose"),
  blocks: [
    {
      type: "input" as const,
      block_id: "reviewers",
      label: text("Reviewers"),
      element: { type: "multi_users_select" as const, action_id: "value" },
    },
    {
      type: "input" as const,
      block_id: "clusters",
      label: text("Clusters"),
      element: {
        type: "multi_static_select" as const,
        action_id: "value",
        max_selected_items: 1,
        options: ["infra", "apps"].map(option),
        initial_options: [option("infra")],
      },
    },
    {
      type: "input" as const,
      block_id: "day",
      label: text("Day"),
      element: { type: "datepicker" as const, action_id: "value", initial_date: "2026-02-03" },
    },
    {
      type: "input" as const,
      block_id: "urgency",
      label: text("Urgency"),
      element: {
        type: "radio_buttons" as const,
        action_id: "value",
        options: ["low", "high"].map(option),
        initial_option: option("low"),
      },
    },
  ],
};

describe("the Home tab", () => {
  it("is written when it is opened, and its buttons act and change it", async () => {
    playApp();
    await goHome();
    await home().getByText("Hello @Ada Lovelace, refreshed 0 times.").waitFor();
    await home().getByRole("button", { name: "Refresh" }).click();
    await home().getByText("refreshed 1 times.").waitFor();
    await page.screenshot({ path: `${screenshots}/home.png` });
  });

  it("is each person's own", async () => {
    playApp();
    await goHome();
    await home().getByText("Hello @Ada Lovelace").waitFor();
    await page.getByRole("combobox", { name: "Who you are" }).selectOption({ label: "Grace Hopper, approver" });
    await home().getByText("Hello @Grace Hopper").waitFor();
    expect(slack.people.homeOf("U0LINUS")).toBeUndefined();
  });

  it("tells the app of the messages tab too, which is not the Home tab", async () => {
    slack.workspace.directChannel("U0ADA");
    await page.getByRole("navigation").getByRole("button", { name: "Direct messages" }).click();
    await expect
      .poll(() => app.received.map(({ body }) => body))
      .toMatchObject([{ event: { type: "app_home_opened", user: "U0ADA", tab: "messages" } }]);
  });

  it("asks before a button beside a text acts, in a dialog of the page", async () => {
    playApp();
    await goHome();
    await home().getByRole("button", { name: "Approve" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Approve the change?" });
    await dialog.getByText("It begins at once.").waitFor();
    await page.screenshot({ path: `${screenshots}/home-confirm.png` });
    await dialog.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "detached" });
    await home().getByRole("button", { name: "Approve" }).click();
    await dialog.getByRole("button", { name: "Approve" }).click();
    // Not one action of the first time, when it was denied.
    await expect.poll(actionsSent).toMatchObject([{ action_id: "approve", value: "r-7", block_id: "request" }]);
  });

  it("opens a dialog, which submits what was chosen and what nobody touched", async () => {
    playApp();
    await goHome();
    await home().getByRole("button", { name: "Propose a change" }).click();
    const dialog = page.getByRole("dialog", { name: "Propose a change" });
    await dialog.getByRole("button", { name: "Propose" }).click();
    await dialog.getByText("Please complete this required field.").waitFor();
    await dialog.getByRole("button", { name: "Reviewers" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Grace Hopper" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Linus Pauling" }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Clusters" }).click();
    // No more than one may be chosen.
    expect(await page.getByRole("menuitemcheckbox", { name: "apps" }).getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Escape");
    await dialog.getByRole("radio", { name: "high" }).check();
    await page.screenshot({ path: `${screenshots}/home-dialog.png` });
    await dialog.getByRole("button", { name: "Propose" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(app.last()).toMatchObject({
      type: "view_submission",
      view: {
        callback_id: "propose",
        state: {
          values: {
            reviewers: { value: { type: "multi_users_select", selected_users: ["U0GRACE", "U0LINUS"] } },
            clusters: { value: { type: "multi_static_select", selected_options: [option("infra")] } },
            day: { value: { type: "datepicker", selected_date: "2026-02-03" } },
            urgency: { value: { type: "radio_buttons", selected_option: option("high") } },
          },
        },
      },
    });
  });
});

describe("a file in a thread", () => {
  it("has its name, its size and the beginning of its text, and all of it on request", async () => {
    const lines = Array.from({ length: 40 }, (_, index) => `${index % 2 === 0 ? "-" : "+"} replicas: ${index}`);
    const { ts = "" } = await client.chat.postMessage({ channel: "C0OPS", text: "Resize the shared cluster" });
    await client.filesUploadV2({
      channel_id: "C0OPS",
      thread_ts: ts,
      filename: "plan.diff",
      title: "plan.diff",
      initial_comment: "The whole plan",
      content: lines.join("\n"),
    });
    await page.getByRole("button", { name: "1 reply" }).click();
    const thread = page.getByRole("complementary", { name: "Thread" });
    await thread.getByText("The whole plan").waitFor();
    await thread
      .getByRole("link", { name: "plan.diff" })
      .getByText(`${lines.join("\n").length} bytes`)
      .waitFor();
    const preview = thread.getByRole("figure", { name: "Preview of plan.diff" });
    expect(await preview.getByText("- replicas: 2").count()).toBe(1);
    expect(await preview.getByText("+ replicas: 39").count()).toBe(0);
    await page.screenshot({ path: `${screenshots}/thread-file.png` });
    await preview.getByRole("button", { name: "Expand" }).click();
    await preview.getByText("+ replicas: 39").waitFor();
  });
});
