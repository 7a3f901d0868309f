import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostileReport, hostileText } from "../../fakes/report.ts";
import { answer, statusReport } from "./answers.ts";
import { launchBrowser, type Visit, visit } from "./browser.ts";
import { ada, alerts, bot, grace, type MockSlack, ops, startMockSlack } from "./mock-slack.ts";

let mock: MockSlack;
let browser: Browser;
let visitor: Visit;
let page: Page;

beforeAll(async () => {
  [mock, browser] = await Promise.all([startMockSlack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await mock?.stop();
});
beforeEach(async () => {
  mock.reset();
  visitor = await visit(browser, mock.origin);
  page = visitor.page;
});
afterEach(async () => {
  await page.context().close();
  expect(visitor.failures).toEqual([]);
});

const messages = () => page.getByRole("log", { name: "Messages" });
const composer = () => page.getByRole("textbox", { name: /^Message/ });
const be = (label: string) => page.getByRole("combobox", { name: "Who you are" }).selectOption({ label });
const actions = (elements: readonly object[]) => [{ type: "actions", block_id: "row", elements }];
const button = (label: string, more: object = {}) => ({
  type: "button",
  action_id: label.toLowerCase(),
  text: { type: "plain_text", text: label },
  ...more,
});
const text = (words: string) => ({ type: "plain_text", text: words });

/** A promise that the test resolves when it has seen what it wanted. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe("who one is", () => {
  it("begins as the first requester, and switching shows what the other person sees", async () => {
    mock.say({ text: "for Ada alone", onlyFor: ada });
    mock.say({ text: "for Grace alone", onlyFor: grace });
    mock.say({ text: "for all" });
    await messages().getByText("for Ada alone").waitFor();
    expect(await messages().getByText("Only visible to you").count()).toBe(1);
    await be("Grace Hopper, approver");
    await messages().getByText("for Grace alone").waitFor();
    expect(await messages().getByText("for Ada alone").count()).toBe(0);
    expect(await messages().getByText("for all").count()).toBe(1);
  });

  it("stays the same person after a reload", async () => {
    await be("Mallory Outsider, outsider");
    await page.waitForURL(/as=mallory/);
    await page.reload();
    await composer().waitFor();
    expect(await page.getByRole("combobox", { name: "Who you are" }).inputValue()).toBe("U0MALLORY");
  });
});

describe("the composer", () => {
  it("completes the command, its words and --share, by keys alone", async () => {
    const asked: string[] = [];
    mock.onCommand = ({ text: line }) => {
      asked.push(line);
      return { ok: true };
    };
    const options = page.getByRole("listbox", { name: "Commands" }).getByRole("option");
    await composer().pressSequentially("/dr");
    await expect.poll(() => options.allInnerTexts()).toHaveLength(1);
    await page.keyboard.press("Tab");
    await expect.poll(() => options.count()).toBe(5);
    expect((await options.allInnerTexts()).join("\n")).toContain("Who is primary");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await options.nth(1).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("Enter");
    expect(await composer().inputValue()).toBe("/dragonfly role ");
    await composer().pressSequentially("--s");
    await page.keyboard.press("Tab");
    expect(await composer().inputValue()).toBe("/dragonfly role --share ");
    await page.keyboard.press("Enter");
    await expect.poll(() => asked).toEqual(["/dragonfly role --share"]);
    expect(await composer().inputValue()).toBe("");
    await page.keyboard.press("ArrowUp");
    expect(await composer().inputValue()).toBe("/dragonfly role --share");
  });

  it("sends what is not a command as a message of the person, with its line breaks", async () => {
    await composer().fill("first line");
    await page.keyboard.press("Shift+Enter");
    await composer().pressSequentially("second line");
    await page.keyboard.press("Enter");
    await messages().getByText("first line\nsecond line").waitFor();
    expect(mock.messages.at(-1)?.user).toBe(ada);
  });

  it("lets Slackbot say what did not work, to that person only, until it is dismissed", async () => {
    mock.onCommand = () => ({ ok: false, error: '/dragonfly failed with the error "operation_timeout"' });
    await composer().fill("/dragonfly status");
    await page.keyboard.press("Enter");
    const note = messages().getByRole("article", { name: "Message from Slackbot" });
    await note.getByText('failed with the error "operation_timeout"').waitFor();
    await be("Grace Hopper, approver");
    await note.waitFor({ state: "detached" });
    await be("Ada Lovelace, requester");
    await note.getByRole("button", { name: "Dismiss" }).click();
    await note.waitFor({ state: "detached" });
  });
});

describe("an answer", () => {
  it("replaces the working note in its place, with table, folds and small print", async () => {
    mock.onCommand = ({ user, channel }) => {
      mock.say({ channel, onlyFor: user, text: "Reading the cluster…" });
      return { ok: true };
    };
    await composer().fill("/dragonfly status");
    await page.keyboard.press("Enter");
    await messages().getByText("Reading the cluster…").waitFor();
    const note = mock.messages.pop();
    mock.messages.push({ ...(note ?? mock.say({})), ...answer(statusReport) });
    mock.changed();
    const row = messages().getByRole("article", { name: "Message from Dragonfly" });
    await row.getByText("Replica dragonfly-1 has lost its primary", { exact: true }).waitFor();
    expect(await messages().getByText("Reading the cluster…").count()).toBe(0);
    expect(await row.getByRole("columnheader", { name: "Lag" }).count()).toBe(1);
    expect(await row.getByRole("cell", { name: "12,044" }).count()).toBe(1);
    expect(await row.getByText("Only visible to you").count()).toBe(1);
    expect(await row.getByText(/read Today/).count()).toBe(1);
    expect(await row.getByRole("img", { name: "red circle" }).count()).toBeGreaterThan(0);
  });

  it("keeps open what the reader unfolded while the message is updated", async () => {
    const said = mock.say(answer(statusReport));
    const fold = messages().getByRole("button", { name: "Operator: 2 ok" });
    await fold.click();
    await messages().getByText("Operator: 2 of 2 replicas ready").waitFor();
    mock.messages[mock.messages.indexOf(said)] = { ...said, edited: true };
    mock.changed();
    await messages().getByText("(edited)").waitFor();
    expect(await fold.getAttribute("aria-expanded")).toBe("true");
    expect(await messages().getByText("Operator: 2 of 2 replicas ready").isVisible()).toBe(true);
  });

  it("begins in view when it is taller than the window, and a later one is followed", async () => {
    await page.setViewportSize({ width: 1_000, height: 480 });
    mock.say({ text: "before ".repeat(400) });
    mock.say(answer(statusReport));
    const verdict = messages().getByText("is in trouble");
    await verdict.waitFor();
    await expect.poll(() => inView(verdict)).toBe(true);
    mock.say({ text: "one more" });
    await expect.poll(() => inView(messages().getByText("one more"))).toBe(true);
  });

  it("shows hostile words as words: no element, no mention, no link and no emoji comes from them", async () => {
    mock.say(answer(hostileReport));
    mock.say({ user: ada, text: "<img src=x onerror=alert(1)> <javascript:alert(1)|press> <b>bold</b>" });
    const rows = messages().getByRole("article");
    await messages().getByText("<img src=x onerror=alert(1)>").waitFor();
    expect(await rows.locator("img, script, iframe, b").count()).toBe(0);
    expect(await rows.getByRole("link").count()).toBe(0);
    const words = await rows.first().textContent();
    expect(words).toContain("<!channel> <@U123>");
    expect(words).not.toContain("&lt;");
    expect(hostileText).toContain("<!channel>");
  });

  it("shows pictures and files of a message, and a picture that cannot be loaded as its words", async () => {
    const file = { size: 2_048, name: "memory.svg", url: "/files/chart.svg" };
    mock.say({
      text: "Here",
      files: [
        { ...file, id: "F1", title: "Memory, 24 h", mimetype: "image/svg+xml" },
        { ...file, id: "F2", title: "evidence.md", mimetype: "text/markdown" },
      ],
    });
    mock.say({
      blocks: [{ type: "image", image_url: "https://elsewhere.example/x.png", alt_text: "a chart elsewhere" }],
    });
    const picture = messages().getByRole("img", { name: "Memory, 24 h" });
    await expect.poll(() => picture.evaluate((node) => ("naturalWidth" in node ? node.naturalWidth : 0))).toBe(480);
    await messages()
      .getByRole("link", { name: /evidence\.md/ })
      .getByText("2.0 KB")
      .waitFor();
    await messages().getByText("a chart elsewhere").waitFor();
    // The page's own policy stops the request; the browser says so, once.
    expect(visitor.failures.splice(0).filter((failure) => !/violates|elsewhere\.example/.test(failure))).toEqual([]);
  });

  it("leaves rich text and markdown to the library, also when nothing else needs it", async () => {
    mock.say({
      blocks: [
        {
          type: "rich_text",
          elements: [
            { type: "rich_text_section", elements: [{ type: "text", text: "rich words", style: { bold: true } }] },
          ],
        },
        { type: "markdown", text: "## Evidence\n\n- one\n- two" },
        { type: "hologram", depth: 3 },
      ],
    });
    await messages().getByText("rich words").waitFor();
    await messages().getByRole("heading", { name: "Evidence" }).waitFor();
    await messages().getByText("cannot draw this “hologram” block").waitFor();
  });
});

describe("buttons and menus", () => {
  it("waits visibly for the app, sends where it was pressed, and tells of a refusal beside it", async () => {
    const { passed, open } = gate();
    mock.onAction = async () => {
      await passed;
      return { ok: false, error: "The app did not answer in time." };
    };
    const said = mock.say({ blocks: actions([button("Share", { value: "run 1" }), button("Details")]) });
    const share = messages().getByRole("button", { name: "Share" });
    await share.click();
    await expect.poll(() => share.getAttribute("aria-busy")).toBe("true");
    expect(await messages().getByRole("button", { name: "Details" }).isDisabled()).toBe(true);
    open();
    await messages().getByRole("alert").getByText("The app did not answer in time.").waitFor();
    expect(await share.isEnabled()).toBe(true);
    expect(mock.actions).toEqual([
      {
        user: ada,
        message: { channel: ops, ts: said.ts },
        block_id: "row",
        action_id: "share",
        value: "run 1",
      },
    ]);
  });

  it("asks before it acts, and does nothing when the answer is no", async () => {
    const confirm = {
      title: text("Approve the plan?"),
      text: { type: "mrkdwn", text: "This merges *one* merge request." },
      confirm: text("Approve"),
      deny: text("Not now"),
      style: "danger",
    };
    mock.say({ blocks: actions([button("Approve plan", { value: "digest", style: "primary", confirm })]) });
    const press = messages().getByRole("button", { name: "Approve plan" });
    const dialog = page.getByRole("alertdialog", { name: "Approve the plan?" });
    await press.click();
    await dialog.getByText("This merges one merge request.").waitFor();
    await dialog.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(mock.actions).toEqual([]);
    await press.click();
    await dialog.getByRole("button", { name: "Approve" }).click();
    await expect.poll(() => mock.actions.map(({ value }) => value)).toEqual(["digest"]);
  });

  it("sends what was chosen in menus, beside text too, and keeps showing it", async () => {
    const option = (value: string) => ({ text: text(value.toUpperCase()), value });
    mock.say({
      blocks: [
        ...actions([
          {
            type: "static_select",
            action_id: "cluster",
            placeholder: text("Cluster"),
            options: ["infra", "apps"].map(option),
          },
          { type: "overflow", action_id: "more", options: ["mute", "close"].map(option) },
        ]),
        {
          type: "section",
          block_id: "who",
          text: { type: "mrkdwn", text: "Ask somebody" },
          accessory: { type: "users_select", action_id: "person", placeholder: text("Pick a person") },
        },
      ],
    });
    const cluster = messages().getByRole("combobox", { name: "Cluster" });
    await cluster.selectOption("apps");
    await expect.poll(() => mock.actions.at(-1)).toMatchObject({ action_id: "cluster", value: "apps" });
    expect(await cluster.inputValue()).toBe("apps");
    await messages().getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "CLOSE" }).click();
    await expect.poll(() => mock.actions.at(-1)).toMatchObject({ action_id: "more", value: "close" });
    await messages().getByRole("combobox", { name: "Pick a person" }).selectOption({ label: "Grace Hopper" });
    await expect.poll(() => mock.actions.at(-1)).toMatchObject({ block_id: "who", action_id: "person", value: grace });
  });
});

describe("channels and threads", () => {
  it("counts what came into another channel, until one looks", async () => {
    mock.say({ channel: alerts, text: "DragonflyDown is firing" });
    mock.say({ channel: alerts, text: "DragonflyDown is resolved" });
    const item = page.getByRole("navigation", { name: "Channels" }).getByRole("button", { name: /dragonfly-alerts/ });
    await item.getByText("2 unread").waitFor();
    await item.click();
    await messages().getByText("DragonflyDown is firing").waitFor();
    expect(await item.getByText("unread").count()).toBe(0);
    expect(await page.getByRole("button", { name: /not-for-you/ }).count()).toBe(0);
  });

  it("opens a thread beside the channel, and a reply goes into it alone", async () => {
    const parent = mock.say({ text: "DragonflyReplicaLag" });
    mock.say({ text: "Triage: the link is down", thread_ts: parent.ts });
    await messages().getByRole("button", { name: "1 reply" }).click();
    const thread = page.getByRole("complementary", { name: "Thread" });
    await thread.getByText("Triage: the link is down").waitFor();
    expect(await messages().getByText("Triage: the link is down").count()).toBe(0);
    await thread.getByRole("textbox", { name: "Reply" }).fill("I look at it");
    await page.keyboard.press("Enter");
    await thread.getByText("I look at it").waitFor();
    expect(mock.messages.at(-1)).toMatchObject({ user: ada, thread_ts: parent.ts });
    await messages().getByRole("button", { name: "2 replies" }).waitFor();
    await thread.getByRole("button", { name: "Close the thread" }).click();
    await thread.waitFor({ state: "detached" });
  });

  it("shows a refused command of a thread in the thread", async () => {
    mock.onCommand = ({ thread_ts }) => ({
      ok: thread_ts === undefined,
      error: "/dragonfly is not supported in threads.",
    });
    mock.say({ text: "an alert" });
    await messages().getByRole("article").hover();
    await messages().getByRole("button", { name: "Reply in thread" }).click();
    const thread = page.getByRole("complementary", { name: "Thread" });
    await thread.getByRole("textbox", { name: "Reply" }).fill("/dragonfly role");
    await page.keyboard.press("Enter");
    await thread.getByText("is not supported in threads").waitFor();
    expect(await messages().getByText("is not supported in threads").count()).toBe(0);
  });

  it("shows the App Home as the bot publishes it, and says so while there is none", async () => {
    await page.getByRole("navigation").getByRole("button", { name: "Home" }).click();
    const home = page.getByRole("region", { name: "App Home" });
    await home.getByText("has not published a Home tab").waitFor();
    mock.homes.set(ada, {
      id: "V0HOME",
      type: "home",
      title: "",
      errors: {},
      blocks: [{ type: "header", text: text("Your approvals :white_check_mark:") }, ...actions([button("Refresh")])],
    });
    mock.changed();
    await home.getByRole("heading", { name: "Your approvals ✅" }).waitFor();
    await home.getByRole("button", { name: "Refresh" }).click();
    await expect.poll(() => mock.actions.at(-1)).toMatchObject({ view_id: "V0HOME", action_id: "refresh" });
  });
});

describe("faults and connection", () => {
  it("switches a fault, says that it is at it, and shows what failed", async () => {
    const { passed, open } = gate();
    mock.onFault = () => passed;
    const fault = page.getByRole("switch", { name: "Delete the PodDisruptionBudget" });
    expect(await fault.isChecked()).toBe(false);
    await fault.click();
    await expect.poll(() => fault.getAttribute("aria-busy")).toBe("true");
    expect(await page.getByRole("switch", { name: "Stop the primary" }).isDisabled()).toBe(true);
    open();
    await expect.poll(() => fault.isChecked()).toBe(true);
    await page.getByRole("button", { name: "Faults, 1 on" }).waitFor();
    mock.onFault = () => Promise.reject(new Error("the store did not come back"));
    await fault.click();
    const panel = page.getByRole("complementary", { name: "Faults" });
    await panel.getByRole("alert").getByText("the store did not come back").waitFor();
    expect(await fault.isChecked()).toBe(true);
    mock.onFault = () => Promise.resolve();
    await panel.getByRole("button", { name: "Heal all" }).click();
    await expect.poll(() => fault.isChecked()).toBe(false);
  });

  it("says when the sandbox is gone, and catches up by itself when it is back", async () => {
    mock.say({ text: "before" });
    await messages().getByText("before").waitFor();
    mock.refuseStreams(true);
    const banner = page.getByText("The sandbox does not answer.");
    await banner.waitFor();
    // After the first refusal the browser gives up; asking again is the page's own doing.
    await expect.poll(() => mock.refusals).toBeGreaterThan(1);
    mock.say({ text: "said meanwhile" });
    expect(await messages().getByText("said meanwhile").count()).toBe(0);
    mock.refuseStreams(false);
    await messages().getByText("said meanwhile").waitFor({ timeout: 15_000 });
    await banner.waitFor({ state: "detached" });
  });

  it("says whether the bot is there", async () => {
    await page.getByText("The bot is online").waitFor();
    mock.online = false;
    mock.changed();
    await page.getByText("The bot is offline").waitFor();
    expect(bot).not.toBe(ada);
  });
});

/** Whether an element lies inside the messages' visible part. */
async function inView(locator: ReturnType<typeof messages>): Promise<boolean> {
  const [inner, outer] = await Promise.all([locator.boundingBox(), messages().boundingBox()]);
  if (inner === null || outer === null) return false;
  return inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
}
