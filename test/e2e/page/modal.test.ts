import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Block, PageView } from "../../../sandbox/slack/page-api.ts";
import { launchBrowser, type Visit, visit } from "./browser.ts";
import { ada, grace, type MockSlack, startMockSlack } from "./mock-slack.ts";

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

const text = (words: string) => ({ type: "plain_text", text: words });
const option = (value: string) => ({ text: text(value), value });
const field = (id: string, label: string, element: object, more: object = {}): Block => ({
  type: "input",
  block_id: id,
  label: text(label),
  element: { action_id: "value", ...element },
  ...more,
});
const form = (more: Partial<PageView> = {}): PageView => ({
  id: "V1",
  type: "modal",
  title: "Propose a tenant",
  submit: "Propose",
  close: "Cancel",
  errors: {},
  blocks: [
    field("name", "Name", { type: "plain_text_input", placeholder: text("payments") }, { hint: text("Lower case.") }),
    field("size", "Memory, GiB", { type: "number_input", is_decimal_allowed: false, min_value: "1", max_value: "64" }),
    field("cluster", "Cluster", {
      type: "static_select",
      options: ["infra", "apps"].map(option),
      initial_option: option("infra"),
    }),
    field("owner", "Owner", { type: "users_select" }, { optional: true }),
    field("needs", "Needs", { type: "checkboxes", options: ["snapshots", "replicas"].map(option) }, { optional: true }),
  ],
  ...more,
});
const show = (...views: PageView[]) => {
  mock.modals.set(ada, views);
  mock.changed();
};
const dialog = (name = "Propose a tenant") => page.getByRole("dialog", { name });

describe("a dialog", () => {
  it("has its first field ready, and refuses by itself what Slack refuses", async () => {
    show(form());
    await dialog().waitFor();
    await expect
      .poll(() =>
        dialog()
          .getByRole("textbox", { name: "Name" })
          .evaluate((node) => node.matches(":focus")),
      )
      .toBe(true);
    await dialog().getByRole("textbox", { name: "Memory, GiB" }).fill("65");
    await dialog().getByRole("button", { name: "Propose" }).click();
    const alerts = dialog().getByRole("alert");
    await expect
      .poll(() => alerts.allTextContents())
      .toEqual(["Please complete this required field.", "This may be at most 64."]);
    const name = dialog().getByRole("textbox", { name: "Name" });
    expect(await name.getAttribute("aria-invalid")).toBe("true");
    await name.fill("payments");
    expect(await alerts.allTextContents()).toEqual(["This may be at most 64."]);
    expect(mock.submitted).toEqual([]);
  });

  it("submits everything in Slack's own shape, what nobody touched included", async () => {
    show(form());
    await dialog().getByRole("textbox", { name: "Name" }).fill("payments");
    await dialog().getByRole("textbox", { name: "Memory, GiB" }).fill("4");
    await dialog().getByRole("combobox", { name: "Owner" }).selectOption({ label: "Grace Hopper" });
    await dialog().getByRole("checkbox", { name: "replicas" }).check();
    await dialog().getByRole("button", { name: "Propose" }).click();
    await expect
      .poll(() => mock.submitted)
      .toEqual([
        {
          user: ada,
          view_id: "V1",
          values: {
            name: { value: { type: "plain_text_input", value: "payments" } },
            size: { value: { type: "number_input", value: "4" } },
            cluster: { value: { type: "static_select", selected_option: option("infra") } },
            owner: { value: { type: "users_select", selected_user: grace } },
            needs: { value: { type: "checkboxes", selected_options: [option("replicas")] } },
          },
        },
      ]);
  });

  it("shows the app's mistakes at their fields, keeps what was entered, and closes when the app is content", async () => {
    mock.onSubmit = ({ values }) => {
      const name = values["name"]?.["value"]?.["value"];
      if (name !== "taken") {
        show();
        return { ok: true };
      }
      show(form({ errors: { name: "A tenant with this name exists." } }));
      return { ok: false, error: "The form has mistakes." };
    };
    show(form());
    const name = dialog().getByRole("textbox", { name: "Name" });
    await name.fill("taken");
    await dialog().getByRole("textbox", { name: "Memory, GiB" }).fill("4");
    await page.keyboard.press("Enter");
    await dialog().getByRole("alert").getByText("A tenant with this name exists.").waitFor();
    expect(await name.inputValue()).toBe("taken");
    expect(await dialog().getByText("The form has mistakes.").count()).toBe(0);
    await name.fill("free");
    expect(await dialog().getByRole("alert").count()).toBe(0);
    await dialog().getByRole("button", { name: "Propose" }).click();
    await dialog().waitFor({ state: "detached" });
  });

  it("says in general what no field can say", async () => {
    mock.onSubmit = () => ({ ok: false, error: "We had some trouble connecting. Try again?" });
    show(form({ blocks: [] }));
    await dialog().getByRole("button", { name: "Propose" }).click();
    await dialog().getByRole("alert").getByText("We had some trouble connecting").waitFor();
  });

  it("can lie on another one, which is still filled in when one comes back", async () => {
    show(form());
    await dialog().getByRole("textbox", { name: "Name" }).fill("payments");
    const above: PageView = {
      id: "V2",
      type: "modal",
      title: "The plan",
      errors: {},
      blocks: [{ type: "section", text: { type: "mrkdwn", text: "*One* merge request" } }],
    };
    show(form(), above);
    await dialog("The plan").getByText("One merge request").waitFor();
    expect(await dialog().count()).toBe(0);
    await dialog("The plan").getByRole("button", { name: "Back" }).click();
    expect(await dialog().getByRole("textbox", { name: "Name" }).inputValue()).toBe("payments");
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    expect(mock.modals.get(ada)).toEqual([]);
  });

  it("sends a button in it with the dialog's id, and what a menu in it says with the form", async () => {
    show(
      form({
        blocks: [
          {
            type: "actions",
            block_id: "tools",
            elements: [
              { type: "button", action_id: "preview", text: text("Preview") },
              { type: "static_select", action_id: "zone", placeholder: text("Zone"), options: ["a", "b"].map(option) },
            ],
          },
        ],
      }),
    );
    await dialog().getByRole("button", { name: "Preview" }).click();
    await expect
      .poll(() => mock.actions.at(-1))
      .toMatchObject({ view_id: "V1", block_id: "tools", action_id: "preview" });
    await dialog().getByRole("combobox", { name: "Zone" }).selectOption("b");
    await expect.poll(() => mock.actions.at(-1)).toMatchObject({ action_id: "zone", value: "b" });
    await dialog().getByRole("button", { name: "Propose" }).click();
    await expect
      .poll(() => mock.submitted.at(-1)?.values)
      .toEqual({ tools: { zone: { type: "static_select", selected_option: option("b") } } });
  });
});
