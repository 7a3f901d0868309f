import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer, statusReport } from "./answers.ts";
import { launchBrowser, visit } from "./browser.ts";
import { ada, alerts, type MockSlack, ops, startMockSlack } from "./mock-slack.ts";

/** Pictures of the page for people to look at, and what can be measured of its look. */
const pictures = "test-output/page";

let mock: MockSlack;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [mock, browser] = await Promise.all([startMockSlack(), launchBrowser()]);
  furnish();
});
afterAll(async () => {
  await browser?.close();
  await mock?.stop();
});

const themes = ["light", "dark"] as const;
const windows = [
  ["desktop", { width: 1_440, height: 900 }],
  ["laptop", { width: 1_100, height: 760 }],
  ["phone", { width: 390, height: 844 }],
] as const;

describe.each(themes)("in the %s theme", (theme) => {
  it.each(windows)("fits a %s, and every text on it can be read", async (name, viewport) => {
    const { page, failures } = await visit(browser, mock.origin, { viewport, colorScheme: theme });
    const log = page.getByRole("log", { name: "Messages" });
    const take = (what: string) => page.screenshot({ path: `${pictures}/${name}-${theme}-${what}.png` });
    await log.getByText("lost its primary", { exact: false }).first().waitFor();
    await take("answer");
    await log.evaluate((node) => node.scrollTo(0, 1e6));
    await log.getByRole("button", { name: "Operator: 2 ok" }).click();
    await take("folds");
    expect(await unreadable(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);

    await page.getByRole("textbox", { name: /^Message/ }).fill("/dragonfly r");
    await page.getByRole("listbox", { name: "Commands" }).waitFor();
    await take("completion");
    expect(await unreadable(page)).toEqual([]);
    await page.keyboard.press("Escape");

    await log.evaluate((node) => node.scrollTo(0, 0));
    await log.getByRole("button", { name: "2 replies" }).click();
    await page.getByRole("complementary", { name: "Thread" }).waitFor();
    await take("thread");
    expect(await unreadable(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.getByRole("button", { name: "Close the thread" }).click();

    mock.modals.set(ada, [dialog]);
    mock.changed();
    await page.getByRole("dialog").waitFor();
    await take("dialog");
    expect(await unreadable(page)).toEqual([]);
    mock.modals.clear();
    mock.changed();
    await page.getByRole("dialog").waitFor({ state: "detached" });

    if (name === "phone") {
      await page.getByRole("button", { name: /^Faults/ }).click();
      await page.getByRole("complementary", { name: "Faults" }).waitFor();
      await take("faults");
      await page.getByRole("button", { name: "Close the faults panel" }).click();
      await page.getByRole("button", { name: "Channels", exact: true }).click();
      await page.getByRole("navigation", { name: "Channels" }).waitFor();
      await take("channels");
    }
    expect(failures).toEqual([]);
    await page.context().close();
  });
});

it("changes its theme by hand, and remembers it", async () => {
  const { page } = await visit(browser, mock.origin, { colorScheme: "light" });
  const ground = () => page.getByRole("main").evaluate((node) => node.ownerDocument.documentElement.dataset["theme"]);
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  await expect.poll(ground).toBe("dark");
  await page.reload();
  await page.getByRole("button", { name: "Use the light theme" }).waitFor();
  expect(await ground()).toBe("dark");
  await page.context().close();
});

/** Pixels by which the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
}

/**
 * Texts whose contrast against what is behind them is below 4.5:1 (WCAG 2.2, 1.4.3), with the ratio. Controls that
 * cannot be used now and pictures of text (emoji) are outside the rule.
 */
function unreadable(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(${contrastScript})()`);
}

const contrastScript = `() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((part, i) => part * top[3] + below[i] * (1 - top[3]));
  const ground = (node) => {
    const layers = [];
    for (let at = node; at !== null; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const opacity = (node) => {
    let all = 1;
    for (let at = node; at !== null; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
    return all;
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
    const node = text.parentElement;
    const words = text.data.trim();
    if (node === null || !/[\\p{L}\\p{N}]/u.test(words) || !node.checkVisibility()) continue;
    if (node.closest(":disabled, [aria-hidden=true], script, style, option, .sr-only") !== null) continue;
    const alpha = opacity(node);
    if (alpha === 0) continue;
    const below = ground(node);
    const colour = rgba(getComputedStyle(node).color);
    const shown = over([...colour.slice(0, 3), colour[3] * alpha], below);
    const [bright, dim] = [light(shown), light(below)].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dim + 0.05);
    if (ratio < 4.5) found.push(ratio.toFixed(2) + " " + words.slice(0, 40));
  }
  return [...new Set(found)];
}`;

const words = (value: string) => ({ type: "plain_text", text: value });
const dialog = {
  id: "V1",
  type: "modal" as const,
  title: "Propose a tenant",
  submit: "Propose",
  close: "Cancel",
  errors: { name: "A tenant with this name exists." },
  blocks: [
    {
      type: "section",
      text: { type: "mrkdwn", text: "A merge request is opened; *two approvers* decide. `payments` has 4 GiB now." },
    },
    {
      type: "input",
      block_id: "name",
      label: words("Name"),
      hint: words("Lower case, as in Kubernetes."),
      element: { type: "plain_text_input", action_id: "value", initial_value: "payments" },
    },
    {
      type: "input",
      block_id: "why",
      optional: true,
      label: words("Why"),
      element: {
        type: "plain_text_input",
        action_id: "value",
        multiline: true,
        placeholder: words("For the approvers"),
      },
    },
    {
      type: "input",
      block_id: "cluster",
      label: words("Cluster"),
      element: {
        type: "static_select",
        action_id: "value",
        placeholder: words("Choose a cluster"),
        options: [{ text: words("infra"), value: "infra" }],
      },
    },
    {
      type: "input",
      block_id: "needs",
      optional: true,
      label: words("Needs"),
      element: {
        type: "checkboxes",
        action_id: "value",
        options: [{ text: words("Snapshots"), value: "s", description: words("Every hour, kept for a week") }],
      },
    },
  ],
};

/** A day in the channel. */
function furnish(): void {
  mock.say({ user: ada, text: "Anybody else seeing slow reads on *payments* since `09:40`?" });
  mock.say({ user: "U0GRACE", text: "Yes. <@U0ADA> the alert came in just now :eyes:" });
  mock.say({
    user: "U0GRACE",
    text: "&gt; p99 was 2 ms all week\nLet me ask the bot, see <https://example.com/runbook|the runbook>.",
  });
  const alert = mock.say({
    text: "DragonflyReplicaLag",
    blocks: [
      { type: "header", text: words("🔥 DragonflyReplicaLag") },
      {
        type: "section",
        fields: [
          { type: "mrkdwn", text: "*Instance*\ndragonfly-1" },
          { type: "mrkdwn", text: "*Since*\n4 min" },
        ],
        accessory: { type: "overflow", action_id: "more", options: [{ text: words("Silence for 1 h"), value: "1h" }] },
      },
      {
        type: "actions",
        elements: [
          { type: "button", action_id: "triage", style: "primary", text: words("Triage") },
          { type: "button", action_id: "silence", style: "danger", text: words("Silence") },
          {
            type: "static_select",
            action_id: "assign",
            placeholder: words("Assign…"),
            options: [{ text: words("On call"), value: "o" }],
          },
        ],
      },
    ],
    files: [
      { id: "F1", name: "lag.svg", title: "Lag, 1 h", mimetype: "image/svg+xml", size: 900, url: "/files/chart.svg" },
    ],
  });
  mock.say({ text: "Triage: the link of *dragonfly-1* is down since 4 min.", thread_ts: alert.ts });
  mock.say({ user: ada, text: "I look at it.", thread_ts: alert.ts });
  mock.say({ onlyFor: ada, edited: true, channel: ops, ...answer(statusReport) });
  mock.say({ channel: alerts, text: "before" });
}
