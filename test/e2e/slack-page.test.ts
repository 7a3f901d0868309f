import { mkdirSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";

/** Debian's Chromium, kept from reaching for the network by itself. */
const launch = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
const screenshots = "test-output";

let sandbox: Sandbox;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  [sandbox, browser] = await Promise.all([startSandbox(), chromium.launch(launch)]);
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(sandbox.slack.origin);
});
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const messages = () => page.getByRole("log", { name: "Messages" });
const type = async (line: string) => {
  await page.getByRole("textbox", { name: /^Message/ }).fill(line);
  await page.keyboard.press("Enter");
};

it("a visitor types /dragonfly status and gets a true answer, with completion on the way", async () => {
  await page.getByRole("textbox", { name: /^Message/ }).fill("/dragonfly st");
  await page.getByRole("listbox", { name: "Commands" }).getByText("/dragonfly status").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await messages().getByText("dragonfly-0 is primary, 2 replicas in sync").first().waitFor({ timeout: 30_000 });
  await page.screenshot({ path: `${screenshots}/status-healthy.png` });
  // A note that it is being read may stand before it, when the machine is busy.
  const answers = messages().getByRole("article").filter({ hasText: "dragonfly-0 is primary" });
  expect(await answers.count()).toBe(1);
  expect(await answers.getByText("Only visible to you").count()).toBe(1);
  expect(await messages().getByRole("cell", { name: "dragonfly-2" }).count()).toBe(1);
});

it("unfolds the details in place, and opens all of them in a dialog", async () => {
  await messages().getByText("Operator: 4 ok").click();
  await messages().getByText("Operator: 2 of 2 replicas ready").waitFor();
  await messages().getByRole("button", { name: "Details" }).click();
  const dialog = page.getByRole("dialog", { name: "status details" });
  await dialog.getByText("PodDisruptionBudget dragonfly keeps 2 of 3 pods").waitFor();
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
});

it("shares it, and another person sees who did", async () => {
  await messages().getByRole("button", { name: "Share" }).click();
  await messages().getByText("Shared by").waitFor();
  await page.getByRole("combobox", { name: "Who you are" }).selectOption({ label: "Grace Hopper, approver" });
  await messages().getByText("Ada Lovelace").first().waitFor();
  await expect.poll(() => messages().getByText("Only visible to you").count()).toBe(0);
});

it("breaks something in the faults panel and sees the answer change, and change back", async () => {
  const fault = page
    .getByRole("switch", { name: "The PodDisruptionBudget is deleted" })
    .or(page.getByRole("switch", { name: /PodDisruptionBudget|PDB/i }))
    .first();
  await fault.click();
  await expect.poll(() => fault.isChecked()).toBe(true);
  await type("/dragonfly status");
  await messages().getByText("No PodDisruptionBudget protects the data pods").first().waitFor({ timeout: 30_000 });
  await page.screenshot({ path: `${screenshots}/status-fault.png` });
  await fault.click();
  await expect.poll(() => fault.isChecked()).toBe(false);
});

it("answers in a channel that the bot is not in", async () => {
  await page.getByRole("button", { name: /private-room/ }).click();
  await type("/dragonfly role");
  await messages().getByText("labels and Services agree").waitFor({ timeout: 30_000 });
});

it("asks for a change, and somebody else finds it in the App Home, reads its details, and approves it", async () => {
  await page.getByRole("button", { name: /dragonfly-ops/ }).click();
  const become = (label: string) => page.getByRole("combobox", { name: "Who you are" }).selectOption({ label });
  await page.getByRole("combobox", { name: "Who you are" }).selectOption("U0ADA");
  await type("/dragonfly failover dragonfly-1");
  await messages().getByText("Waiting for approval").last().waitFor({ timeout: 20_000 });
  await page.screenshot({ path: `${screenshots}/change-asked.png` });

  await become("Grace Hopper, approver");
  await page.getByRole("button", { name: "Home", exact: true }).click();
  await page.getByText("Waiting for your decision").waitFor({ timeout: 10_000 });
  await page.getByText("Fail over from dragonfly-0 to dragonfly-1").waitFor({ timeout: 10_000 });
  await page.getByText(/as of/).waitFor({ timeout: 10_000 });
  await page.screenshot({ path: `${screenshots}/home.png` });
  await page.getByRole("button", { name: "Details" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Run" });
  await dialog.getByText("Digest that is approved").waitFor();
  await page.screenshot({ path: `${screenshots}/change-details.png` });
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  await dialog.waitFor({ state: "detached" });

  await page.getByRole("button", { name: /dragonfly-ops/ }).click();
  await messages().getByRole("button", { name: "Approve" }).last().click();
  await messages().getByText("dragonfly-1 is the primary; 2 replicas follow it").waitFor({ timeout: 60_000 });
  await page.screenshot({ path: `${screenshots}/change-done.png` });
});

it("is usable on a phone", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Channels" }).first().click();
  await page.getByRole("button", { name: /dragonfly-ops/ }).click();
  await page.getByRole("textbox", { name: /^Message/ }).waitFor();
  await page.screenshot({ path: `${screenshots}/phone.png` });
  expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
});

it("never failed inside", () => {
  expect(errors).toEqual([]);
});
