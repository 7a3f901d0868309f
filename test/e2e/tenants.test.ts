import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { launchBrowser, type Visit, visit } from "./page/browser.ts";

/** A tenant from the form in Slack to the instance that serves, as people see it. */
const pictures = "test-output/tenants";
const slow = { timeout: 60_000 };

let sandbox: Sandbox;
let browser: Browser;
let visitor: Visit;
let page: Page;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [sandbox, browser] = await Promise.all([
    startSandbox({
      gitlab: { pipeline: { takesMs: 300 } },
      world: { metrics: false, secretsOnDemand: true },
    }),
    launchBrowser(),
  ]);
  visitor = await visit(browser, sandbox.slack.origin);
  page = visitor.page;
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
const take = (name: string) => page.screenshot({ path: `${pictures}/${name}.png` });
const become = (id: string) => page.getByRole("combobox", { name: "Who you are" }).selectOption(id);

const dialog = () => page.getByRole("dialog").last();
const phone = async (name: string) => {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  await take(`${name}-phone`);
  if (size !== null) await page.setViewportSize(size);
};
/** Everything that a scrolling part holds, as pictures of a screen each. */
const takeAll = async (name: string) => {
  const scroller = dialog();
  const steps: number = await scroller.evaluate((node) => {
    const inner = [node, ...node.querySelectorAll("*")].find(
      (one) => one.scrollHeight > one.clientHeight + 4 && /auto|scroll/.test(getComputedStyle(one).overflowY),
    );
    (globalThis as any).inner = inner;
    return inner === undefined ? 1 : Math.ceil(inner.scrollHeight / inner.clientHeight);
  });
  for (let step = 0; step < Math.min(steps, 6); step += 1) {
    await page.evaluate((at) => {
      const inner = (globalThis as any).inner;
      inner?.scrollTo(0, at * inner.clientHeight);
    }, step);
    await take(`${name}-${step}`);
  }
  console.log(name, steps, "screens");
};

it("Ada opens the form", { timeout: 200_000 }, async () => {
  const started = Date.now();
  const at = (what: string) => console.log("AT", Date.now() - started, what);
  await page.getByRole("button", { name: "Faults" }).first().click();
  await become("U0ADA");
  await type("/dragonfly tenant propose");
  await dialog().waitFor(slow);
  await take("01-form");
  await dialog().getByLabel("Name", { exact: true }).fill("Payments_Team");
  await dialog().getByText("lower case letters").waitFor();
  await take("02-form-wrong");
  await dialog().getByLabel("Name", { exact: true }).fill("payments");
  await dialog().getByLabel("Namespace", { exact: true }).fill("payments-prod");
  await dialog().getByLabel("Owner").fill("Team Payments");
  await dialog().getByLabel("Purpose").fill("Sessions of the payments API, which must survive a deployment");
  await dialog().getByText("own", { exact: true }).click();
  await dialog().getByRole("textbox", { name: "Memory" }).fill("512Mi");
  await phone("03-form");
  await dialog().getByRole("button", { name: "Show the plan" }).click();
  await dialog().getByRole("button", { name: "Open merge request" }).waitFor(slow);
  at("plan");
  await takeAll("04-plan");
  await page.setViewportSize({ width: 390, height: 844 });
  await takeAll("04-plan-phone");
  await page.setViewportSize({ width: 1400, height: 900 });
  await dialog().getByRole("button", { name: "Open merge request" }).click();
  await messages().getByText("Waiting for approval").last().waitFor(slow);
  at("card");
  await page.waitForTimeout(500);
  await take("05-card");
  await phone("05-card");
  console.log("CARD", await messages().innerText());
  await become("U0GRACE");
  await messages().getByRole("button", { name: "Details" }).last().click();
  await dialog().getByText("Digest that is approved").waitFor();
  await takeAll("06-details");
  await dialog().getByRole("button", { name: "Close", exact: true }).click();
  await messages().getByRole("button", { name: "Approve" }).last().click();
  await page.waitForTimeout(2500);
  await take("07-running");
  await messages()
    .getByText(/: Done|and serves/)
    .last()
    .waitFor(slow);
  at("done");
  await take("08-done");
  await phone("08-done");
  console.log("CARD", await messages().innerText());
  await messages().getByRole("button", { name: /repl/ }).last().click();
  const thread = page.getByRole("complementary", { name: "Thread" });
  await thread.waitFor();
  await take("09-thread");
  console.log("THREAD", await thread.innerText());
  await page.getByRole("button", { name: "Close the thread" }).click();
  await become("U0ADA");
  await type("/dragonfly tenants");
  await page.waitForTimeout(4000);
  await take("10-tenants");
  await phone("10-tenants");
  console.log("ALL", await messages().innerText());
  at("tenants");

  await type('/dragonfly tenant propose billing namespace=billing-prod owner="Team Billing" purpose="Invoices" isolation=shared memory=64Mi');
  await page.waitForTimeout(3000);
  await take("11-plan-message");
  await messages().getByRole("button", { name: "Open merge request" }).waitFor({ timeout: 10000 });
  at("plan2");
  await take("11-plan-message");
  await phone("11-plan-message");
  console.log("PLAN", await messages().getByRole("article").last().innerText());
  await messages().getByRole("button", { name: "Open merge request" }).click();
  await messages().getByText("Waiting for approval").last().waitFor(slow);
  await messages().getByRole("link", { name: "Merge request !2" }).last().waitFor(slow);
  at("card2");
  const href = await messages().getByRole("link", { name: "Merge request !2" }).last().getAttribute("href");
  const host = await page.context().newPage();
  await host.goto(href ?? "");
  await host.screenshot({ path: `${pictures}/12-gitlab.png`, fullPage: false });
  await host.getByLabel("Act as").selectOption({ label: "Linus Torvalds" }).catch(async () => console.log(await host.getByLabel("Act as").innerText()));
  await host.getByRole("button", { name: "Switch" }).click();
  await host.getByText("Push a commit").click();
  await host.getByLabel("File").fill("kubernetes/workloads/platform/databases/tenants/billing/README.md");
  await host.getByLabel("Content").fill("# Billing\n\nInvoices, and who may see them.\n");
  await host.getByRole("button", { name: "Push" }).click();
  await host.waitForTimeout(300);
  await host.screenshot({ path: `${pictures}/13-gitlab-pushed.png` });
  await messages().getByText(/Asked again/).last().waitFor(slow);
  at("asked again");
  await page.waitForTimeout(500);
  await take("14-asked-again");
  await phone("14-asked-again");
  console.log("CARD2", await messages().getByRole("article").last().innerText());
  await become("U0GRACE");
  await messages().getByRole("button", { name: "Approve" }).last().click();
  await messages().getByText(/!2 is merged/).last().waitFor(slow);
  at("done2");
  await page.waitForTimeout(1000);
  await take("15-done");
  await messages().getByRole("button", { name: /repl/ }).last().click();
  await thread.waitFor();
  await take("16-thread");
  console.log("THREAD", await thread.innerText());
  console.log("ALL", await messages().innerText());
  await host.reload();
  await host.screenshot({ path: `${pictures}/17-gitlab-merged.png`, fullPage: true });
  console.log(await host.locator("body").innerText());
});
