import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { launchBrowser, type Visit, visit } from "./page/browser.ts";

/** Tenants as people see them: from the form in Slack to the instance that serves, and what somebody does in GitLab meanwhile. */
const pictures = "test-output/tenants";
const desktop = { width: 1_280, height: 900 };
const phone = { width: 390, height: 844 };
const slow = { timeout: 60_000 };

let sandbox: Sandbox;
let browser: Browser;
let visitor: Visit;
let page: Page;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  const [gitlab, world] = [{ pipeline: { takesMs: 300 } }, { metrics: false, secretsOnDemand: true }];
  [sandbox, browser] = await Promise.all([startSandbox({ gitlab, world }), launchBrowser()]);
  visitor = await visit(browser, sandbox.slack.origin, { viewport: desktop });
  page = visitor.page;
  // Room for what this is about.
  await page.getByRole("button", { name: "Faults" }).first().click();
});
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const messages = () => page.getByRole("log", { name: "Messages" });
const dialog = () => page.getByRole("dialog").last();
const thread = () => page.getByRole("complementary", { name: "Thread" });
const card = (title: string) => messages().getByRole("article").filter({ hasText: title }).last();
const type = async (line: string) => {
  await page.getByRole("textbox", { name: /^Message/ }).fill(line);
  await page.keyboard.press("Enter");
};
const become = (id: string) => page.getByRole("combobox", { name: "Who you are" }).selectOption(id);
const take = (name: string) => page.screenshot({ path: `${pictures}/${name}.png` });

/** A picture of how it is, and one of how it is on a phone, where nothing may be pushed out of the screen. */
async function takeBoth(name: string, newest = true): Promise<void> {
  await take(name);
  await page.setViewportSize(phone);
  if (newest) await messages().getByRole("article").last().scrollIntoViewIfNeeded();
  await take(`${name}-phone`);
  expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
  await page.setViewportSize(desktop);
}

/** Fails unless the words come in this order. */
function expectOrder(text: string, words: readonly string[]): void {
  const places = words.map((word) => text.indexOf(word));
  expect(places, text).not.toContain(-1);
  expect(places, text).toEqual(places.toSorted((a, b) => a - b));
}

it("Ada proposes a tenant in a form that says at the field what is wrong", async () => {
  await become("U0ADA");
  await type("/dragonfly tenant propose");
  const field = (name: string) => dialog().getByRole("textbox", { name, exact: true });
  await field("Name").fill("Payments_Team", slow);
  await dialog().getByText('Found "Payments_Team"; lower case letters, digits').waitFor(slow);
  await take("1-form");
  await field("Name").fill("payments");
  await dialog()
    .getByText('Found "Payments_Team"')
    .waitFor({ ...slow, state: "detached" });
  await field("Namespace").fill("payments-prod");
  await field("Owner").fill("Team Payments");
  await field("Purpose").fill("Sessions of the payments API");
  await dialog().getByText("own", { exact: true }).click();
  await field("Memory").fill("512Mi");
  await takeBoth("2-form-filled", false);
  await dialog().getByRole("button", { name: "Show the plan" }).click();
});

it("sees what matters of the plan first, and copies from it what it says", async () => {
  await dialog().getByRole("button", { name: "Open merge request" }).waitFor(slow);
  await takeBoth("3-plan", false);
  const plan = (await dialog().textContent()) ?? "";
  expectOrder(plan, [
    "Own instance of 512Mi for payments",
    "The password must be in the secret store",
    "24 to 128 letters, digits, - or _. Without it",
    "What will be different",
    "Why",
    "Sums",
    "files in one merge request",
    "+++ b/kubernetes/",
    "checks are ok",
    "Nothing is written yet",
  ]);
  expect(plan).not.toContain("The name is not taken");
  expect(plan).not.toMatch(/[＿ʼ∗]/);
  expect(await sandbox.gitlab?.history()).toHaveLength(1);
  await dialog().getByRole("button", { name: "Open merge request" }).click();
});

it("Grace reads the details, approves, and it is merged and followed until it serves", async () => {
  const own = card("Own instance of 512Mi for payments");
  await own.getByText("GitLab: !1 is open · pipeline passed").waitFor(slow);
  await takeBoth("4-asked");
  await become("U0GRACE");
  await own.getByRole("button", { name: "Details" }).click();
  await dialog().getByText("Digest that is approved").waitFor(slow);
  await dialog().getByText("The name is not taken").waitFor(slow);
  await takeBoth("5-details", false);
  await dialog().getByRole("button", { name: "Close", exact: true }).click();
  await own.getByRole("button", { name: "Approve" }).click();
  await own.getByText("have GitLab merge exactly what was approved").waitFor(slow);
  await take("6-at-work");
  await own.getByText("and serves").waitFor(slow);
  await own.getByText("GitLab: !1 is merged by dfbot · pipeline passed").waitFor(slow);
  await messages().getByText("payments is served by its own instance").waitFor(slow);
  await takeBoth("7-serves");
  // One reply, the diff: what is on the card is not said again.
  await own.getByRole("button", { name: "1 reply" }).click();
  await thread().waitFor();
  await take("8-thread");
  await page.getByRole("button", { name: "Close the thread" }).click();
});

it("the list of tenants has it", async () => {
  await become("U0ADA");
  await type("/dragonfly tenants");
  await messages().getByRole("cell", { name: "payments-prod" }).waitFor(slow);
  await takeBoth("9-tenants");
});

it("a push in GitLab while people are asked has the card ask again about what is there now", async () => {
  const words = 'namespace=billing-prod owner="Team Billing" purpose=Invoices memory=64Mi';
  await type(`/dragonfly tenant propose billing ${words}`);
  const planned = messages().getByRole("article").filter({ hasText: "memory promised on the shared instance" });
  await planned.getByRole("button", { name: "Open merge request" }).waitFor(slow);
  await takeBoth("10-plan-as-message");
  await planned.getByRole("button", { name: "Open merge request" }).click();
  const shared = card("The plan for tenant/billing");
  const address = await shared.getByRole("link", { name: "Merge request !2" }).getAttribute("href", slow);

  const gitlab = await page.context().newPage();
  await gitlab.goto(address ?? "");
  await gitlab.getByLabel("Act as").selectOption({ label: "Linus Pauling" });
  await gitlab.getByRole("button", { name: "Switch" }).click();
  await gitlab.screenshot({ path: `${pictures}/11-gitlab.png` });
  await gitlab.getByText("Push a commit").click();
  await gitlab.getByLabel("File").fill("kubernetes/workloads/platform/databases/tenants/billing/README.md");
  await gitlab.getByLabel("Content").fill("# billing\n\nInvoices, and who may see them.\n");
  await gitlab.getByRole("button", { name: "Push", exact: true }).click();
  await gitlab.close();

  await shared.getByText("Asked again").waitFor(slow);
  await shared.getByRole("button", { name: "Approve" }).waitFor(slow);
  await takeBoth("12-asked-again");
  await become("U0GRACE");
  await shared.getByRole("button", { name: "Approve" }).click();
  await shared.getByText("GitLab: !2 is merged by dfbot").waitFor(slow);
  await shared.getByRole("button", { name: "3 replies" }).click();
  await thread()
    .getByText(/What was asked about has changed: somebody pushed/)
    .waitFor(slow);
  await take("13-thread");
  const merged = "kubernetes/workloads/platform/databases/tenants/billing/README.md";
  expect(await sandbox.gitlab?.file(merged)).toContain("who may see them");
});

it("never failed inside", () => {
  expect(visitor.failures).toEqual([]);
});
