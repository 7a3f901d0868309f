import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, startApp } from "./app.ts";
import { openSubject, real, type Subject } from "./subject.ts";

const ada = "U0ADA";
let app: App;
let subject: Subject;
beforeEach(async () => {
  app = await startApp();
  subject = await openSubject(["chat:write"], app.url);
});
afterEach(async () => {
  await subject.close();
  await app.stop();
});
const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation has people");
  return subject.simulation;
};
const plain = (words: string) => ({ type: "plain_text", text: words });
const option = (value: string) => ({ text: plain(value.toUpperCase()), value });
const input = (block_id: string, element: object, more: object = {}) => ({
  type: "input",
  block_id,
  label: plain(block_id),
  element: { action_id: "value", ...element },
  ...more,
});
const modal = (blocks: readonly object[], more: object = {}) => ({
  type: "modal",
  title: plain("A form"),
  submit: plain("Go"),
  blocks,
  ...more,
});
/** A click on a message for everybody, and what the app was sent of it. */
const act = async (block: object, chosen: object, more: object = {}) => {
  const posted = await subject.client.apiCall("chat.postMessage", {
    channel: "C0OPS",
    text: "x",
    blocks: [block],
    ...more,
  });
  const { ts } = z.object({ ts: z.string() }).parse(posted);
  const used = { user: ada, message: { channel: "C0OPS", ts }, block_id: "tools", action_id: "use" };
  return simulated().people.action({ ...used, ...chosen });
};
/** A dialog on the screen, opened by a click. */
const open = async (view: object) => {
  const button = { type: "button", action_id: "use", text: plain("Open") };
  expect(await act({ type: "actions", block_id: "tools", elements: [button] }, {})).toEqual({ ok: true });
  const { trigger_id } = z.object({ trigger_id: z.string() }).parse(app.last());
  const opened = await subject.client.apiCall("views.open", { trigger_id, view });
  return z.object({ view: z.object({ id: z.string() }) }).parse(opened).view.id;
};
const submit = (view_id: string, values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}) =>
  simulated().people.submitView({ user: ada, view_id, values });
const modals = () => simulated().workspace.views;

describe.skipIf(real)("what was chosen (https://docs.slack.dev/reference/block-kit/block-elements, examples)", () => {
  const options = ["a", "b", "c"].map(option);
  const cases: readonly (readonly [object, object, object])[] = [
    [{ type: "static_select", options }, { value: "b" }, { selected_option: option("b") }],
    [{ type: "overflow", options }, { value: "c" }, { selected_option: option("c") }],
    [{ type: "radio_buttons", options }, { value: "a" }, { selected_option: option("a") }],
    [{ type: "checkboxes", options }, { values: ["a", "c"] }, { selected_options: [option("a"), option("c")] }],
    [{ type: "checkboxes", options }, { values: [] }, { selected_options: [] }],
    [{ type: "multi_static_select", options }, { values: ["b"] }, { selected_options: [option("b")] }],
    [{ type: "users_select" }, { value: "U0GRACE" }, { selected_user: "U0GRACE" }],
    [{ type: "multi_users_select" }, { values: ["U0GRACE", ada] }, { selected_users: ["U0GRACE", ada] }],
    [{ type: "channels_select" }, { value: "C0OPS" }, { selected_channel: "C0OPS" }],
    [{ type: "multi_channels_select" }, { values: ["C0OPS"] }, { selected_channels: ["C0OPS"] }],
    [{ type: "conversations_select" }, { value: "C0OPS" }, { selected_conversation: "C0OPS" }],
    [{ type: "multi_conversations_select" }, { values: ["C0OPS"] }, { selected_conversations: ["C0OPS"] }],
    [{ type: "datepicker" }, { value: "2026-02-03" }, { selected_date: "2026-02-03" }],
    [{ type: "timepicker" }, { value: "09:30" }, { selected_time: "09:30" }],
    [{ type: "static_select", options }, { value: "" }, { selected_option: null }],
  ];
  it.each(cases)("%j, %j", async (element, chosen, expected) => {
    const block = { type: "actions", block_id: "tools", elements: [{ action_id: "use", ...element }] };
    expect(await act(block, chosen)).toEqual({ ok: true });
    expect(app.last()).toMatchObject({
      container: { type: "message", channel_id: "C0OPS", is_ephemeral: false },
      response_url: expect.any(String),
      actions: [
        { ...("type" in element ? { type: element.type } : {}), block_id: "tools", action_id: "use", ...expected },
      ],
    });
    // Elements that keep a value are in the state of the message too; an overflow menu keeps none.
    if ("type" in element && element.type !== "overflow")
      expect(app.last()).toMatchObject({ state: { values: { tools: { use: expected } } } });
  });

  it("is found beside the text of a section as well", async () => {
    const accessory = { type: "button", action_id: "use", value: "7", text: plain("Use") };
    await act({ type: "section", block_id: "tools", text: plain("Beside"), accessory }, {});
    expect(app.last()).toMatchObject({ actions: [{ type: "button", value: "7", block_id: "tools" }] });
  });

  it("is never something that the element does not offer", async () => {
    const elements = [{ type: "static_select", action_id: "use", options }];
    expect(await act({ type: "actions", block_id: "tools", elements }, { value: "z" })).toMatchObject({ ok: false });
    expect(app.received).toEqual([]);
  });
});

describe.skipIf(real)(
  "a submission (https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload)",
  () => {
    it("has every input, also those that nobody touched, with their initial values", async () => {
      const id = await open(
        modal([
          input("name", { type: "plain_text_input", initial_value: "payments" }),
          input("reason", { type: "plain_text_input" }, { optional: true }),
          input("owner", { type: "users_select", initial_user: ada }),
          input("needs", { type: "checkboxes", options: [option("a"), option("b")], initial_options: [option("b")] }),
        ]),
      );
      expect(await submit(id, { name: { value: { type: "plain_text_input", value: "orders" } } })).toEqual({
        ok: true,
      });
      expect(app.last()).toMatchObject({
        type: "view_submission",
        response_urls: [],
        view: {
          root_view_id: id,
          previous_view_id: null,
          state: {
            values: {
              name: { value: { type: "plain_text_input", value: "orders" } },
              reason: { value: { type: "plain_text_input", value: null } },
              owner: { value: { type: "users_select", selected_user: ada } },
              needs: { value: { type: "checkboxes", selected_options: [option("b")] } },
            },
          },
        },
      });
      expect(modals()).toEqual([]);
    });

    it("that Slack itself refuses never reaches the app", async () => {
      const id = await open(modal([input("name", { type: "plain_text_input", min_length: 3 })]));
      const before = app.received.length;
      expect(await submit(id)).toMatchObject({ ok: false });
      expect(await submit(id, { name: { value: { type: "plain_text_input", value: "ab" } } })).toMatchObject({
        ok: false,
      });
      expect(modals()[0]?.errors).toEqual({ name: "This must be at least 3 characters long." });
      expect(app.received.length).toBe(before);
    });

    it("sends what is entered along with a click inside the form", async () => {
      const tools = {
        type: "actions",
        block_id: "tools",
        elements: [{ type: "button", action_id: "preview", text: plain("P") }],
      };
      const id = await open(modal([input("name", { type: "plain_text_input", initial_value: "payments" }), tools]));
      const form = { name: { value: { type: "plain_text_input", value: "orders" } } };
      await simulated().people.action({ user: ada, view_id: id, block_id: "tools", action_id: "preview", form });
      expect(app.last()).toMatchObject({ view: { state: { values: form } }, container: { type: "view", view_id: id } });
    });
  },
);

describe.skipIf(real)(
  "an input that dispatches (https://docs.slack.dev/reference/block-kit/blocks/input-block, dispatch_action)",
  () => {
    const typing = {
      type: "plain_text_input",
      dispatch_action_config: { trigger_actions_on: ["on_character_entered"] },
    };
    const type = (view_id: string, block_id: string, value: string) =>
      simulated().people.action({ user: ada, view_id, block_id, action_id: "value", value });

    it("tells the app what is typed, with the form as it is then", async () => {
      const id = await open(modal([input("name", typing, { dispatch_action: true })]));
      expect(await type(id, "name", "pay")).toEqual({ ok: true });
      expect(app.last()).toMatchObject({
        type: "block_actions",
        container: { type: "view", view_id: id },
        actions: [{ type: "plain_text_input", block_id: "name", action_id: "value", value: "pay" }],
        view: { state: { values: { name: { value: { type: "plain_text_input", value: "pay" } } } } },
      });
    });

    it("is only one that says so: any other tells nothing before the form is sent", async () => {
      const id = await open(modal([input("name", { type: "plain_text_input" })]));
      const before = app.received.length;
      expect(await type(id, "name", "pay")).toMatchObject({ ok: false });
      expect(app.received.length).toBe(before);
    });

    it.each([{ trigger_actions_on: [] }, { trigger_actions_on: ["on_blur"] }, { on: ["on_character_entered"] }])(
      "is not configured with %j",
      async (dispatch_action_config) => {
        const element = { type: "plain_text_input", dispatch_action_config };
        await expect(open(modal([input("name", element)]))).rejects.toThrow("invalid_arguments");
      },
    );
  },
);

describe.skipIf(real)("the answer to a submission (https://docs.slack.dev/surfaces/modals#response_actions)", () => {
  const name = input("name", { type: "plain_text_input", initial_value: "x" });

  it("update shows another view in the same place", async () => {
    const id = await open(modal([name]));
    app.reply = () => ({ body: { response_action: "update", view: modal([], { title: plain("Done") }) } });
    expect(await submit(id)).toEqual({ ok: true });
    expect(modals()).toMatchObject([{ id, definition: { title: { text: "Done" } } }]);
  });

  it("push puts one on top, three at most, and closing it shows the one below", async () => {
    const id = await open(modal([name]));
    app.reply = () => ({ body: { response_action: "push", view: modal([name], { title: plain("Next") }) } });
    await submit(id);
    const [, second] = modals();
    expect(modals()).toMatchObject([{ id }, { previous: id, root: id }]);
    await submit(second?.id ?? "");
    expect(await submit(modals().at(-1)?.id ?? "")).toMatchObject({ ok: false });
    expect(modals().length).toBe(3);
    app.reply = () => ({});
    await submit(modals().at(-1)?.id ?? "");
    expect(modals().map((view) => view.id)).toEqual([id, second?.id]);
  });

  it("push shows a view that the app then knows by its external id, which no other view has", async () => {
    const id = await open(modal([name]));
    const pushed = modal([], { title: plain("Planning"), external_id: "plan-1" });
    app.reply = () => ({ body: { response_action: "push", view: pushed } });
    expect(await submit(id)).toEqual({ ok: true });
    const update = { external_id: "plan-1", view: modal([], { title: plain("The plan"), external_id: "plan-1" }) };
    await subject.client.apiCall("views.update", update);
    expect(modals()).toMatchObject([{ id }, { previous: id, definition: { title: { text: "The plan" } } }]);
    expect(await submit(id)).toEqual({ ok: false, error: "We had some trouble connecting. Try again?" });
    await simulated().people.closeView({ user: ada, view_id: modals().at(-1)?.id ?? "" });
    expect(await subject.error((client) => client.apiCall("views.update", update))).toBe("not_found");
  });

  it("clear closes all of them", async () => {
    const id = await open(modal([name]));
    app.reply = () => ({ body: { response_action: "push", view: modal([name]) } });
    await submit(id);
    app.reply = () => ({ body: { response_action: "clear" } });
    await submit(modals().at(-1)?.id ?? "");
    expect(modals()).toEqual([]);
  });

  it.each<readonly [string, object]>([
    ["errors for a block that is none", { response_action: "errors", errors: { elsewhere: "Wrong." } }],
    ["an update to a view that Slack refuses", { response_action: "update", view: { type: "modal" } }],
    ["something that Slack does not know", { response_action: "explode" }],
  ])("%s leaves the dialog as it is, and the person is told of trouble", async (_, body) => {
    const id = await open(modal([name]));
    app.reply = () => ({ body });
    expect(await submit(id)).toEqual({ ok: false, error: "We had some trouble connecting. Try again?" });
    expect(modals()).toMatchObject([{ id, errors: {} }]);
  });
});
