import { z } from "zod";

/**
 * The interactive elements that the simulation accepts, as far as a person's use of them needs to be known.
 * Source: https://docs.slack.dev/reference/block-kit/block-elements
 */
export const textSchema = z.object({ type: z.string(), text: z.string(), verbatim: z.boolean().optional() });
export type Text = z.infer<typeof textSchema>;

const option = z.object({ text: textSchema, value: z.string(), description: textSchema.optional() });
export type Option = z.infer<typeof option>;

const confirm = z.object({
  title: textSchema,
  text: textSchema,
  confirm: textSchema,
  deny: textSchema,
  style: z.string().optional(),
});
export type Confirm = z.infer<typeof confirm>;

const common = { action_id: z.string(), confirm: confirm.optional(), placeholder: textSchema.optional() };
const many = { ...common, max_selected_items: z.number().optional() };
const options = {
  options: z.array(option).optional(),
  option_groups: z.array(z.object({ label: textSchema, options: z.array(option) })).optional(),
};

const button = z.object({
  type: z.literal("button"),
  action_id: z.string().default(""),
  text: textSchema,
  value: z.string().optional(),
  url: z.string().optional(),
  style: z.string().optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().optional(),
});
const overflow = z.object({ type: z.literal("overflow"), ...common, options: z.array(option) });
const staticSelect = z.object({
  type: z.literal("static_select"),
  ...common,
  ...options,
  initial_option: option.optional(),
});
const usersSelect = z.object({ type: z.literal("users_select"), ...common, initial_user: z.string().optional() });
const channelsSelect = z.object({
  type: z.literal("channels_select"),
  ...common,
  initial_channel: z.string().optional(),
});
const conversationsSelect = z.object({
  type: z.literal("conversations_select"),
  ...common,
  initial_conversation: z.string().optional(),
});
const multiStaticSelect = z.object({
  type: z.literal("multi_static_select"),
  ...many,
  ...options,
  initial_options: z.array(option).optional(),
});
const multiUsersSelect = z.object({
  type: z.literal("multi_users_select"),
  ...many,
  initial_users: z.array(z.string()).optional(),
});
const multiChannelsSelect = z.object({
  type: z.literal("multi_channels_select"),
  ...many,
  initial_channels: z.array(z.string()).optional(),
});
const multiConversationsSelect = z.object({
  type: z.literal("multi_conversations_select"),
  ...many,
  initial_conversations: z.array(z.string()).optional(),
});
const checkboxes = z.object({
  type: z.literal("checkboxes"),
  ...common,
  options: z.array(option),
  initial_options: z.array(option).optional(),
});
const radios = z.object({
  type: z.literal("radio_buttons"),
  ...common,
  options: z.array(option),
  initial_option: option.optional(),
});
const datePicker = z.object({ type: z.literal("datepicker"), ...common, initial_date: z.string().optional() });
const timePicker = z.object({ type: z.literal("timepicker"), ...common, initial_time: z.string().optional() });
/** When an input that dispatches tells the app: with Enter, unless it says otherwise. */
const typed = {
  ...common,
  dispatch_action_config: z.object({ trigger_actions_on: z.array(z.string()) }).optional(),
};
const textInput = z.object({
  type: z.literal("plain_text_input"),
  ...typed,
  multiline: z.boolean().optional(),
  initial_value: z.string().optional(),
  min_length: z.number().optional(),
  max_length: z.number().optional(),
});
const numberInput = z.object({
  type: z.literal("number_input"),
  ...typed,
  is_decimal_allowed: z.boolean().optional(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
});
const addressInputs = (["email_text_input", "url_text_input"] as const).map((type) =>
  z.object({ type: z.literal(type), ...typed, initial_value: z.string().optional() }),
);

export const elementSchema = z.discriminatedUnion("type", [
  button,
  overflow,
  staticSelect,
  usersSelect,
  channelsSelect,
  conversationsSelect,
  multiStaticSelect,
  multiUsersSelect,
  multiChannelsSelect,
  multiConversationsSelect,
  checkboxes,
  radios,
  datePicker,
  timePicker,
  textInput,
  numberInput,
  ...addressInputs,
]);
export type Element = z.infer<typeof elementSchema>;
export type ElementOf<Type extends Element["type"]> = Extract<Element, { type: Type }>;

/** One thing chosen from a list that is given, or known to the workspace. */
export type MenuElement = ElementOf<"static_select" | "users_select" | "channels_select" | "conversations_select">;
/** The same with any number of things chosen. */
export type MultiMenuElement = ElementOf<
  "multi_static_select" | "multi_users_select" | "multi_channels_select" | "multi_conversations_select"
>;
/** A line that is typed, or picked from a calendar or clock. */
export type LineElement = ElementOf<
  "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" | "datepicker" | "timepicker"
>;
/** What keeps a value in a form. */
export type StatefulElement = Exclude<Element, ElementOf<"button" | "overflow">>;

export function isMultiMenu(element: Element): element is MultiMenuElement {
  return element.type.startsWith("multi_");
}

export function isMenu(element: Element): element is MenuElement {
  return element.type.endsWith("_select") && !isMultiMenu(element);
}

export function isStateful(element: Element): element is StatefulElement {
  return element.type !== "button" && element.type !== "overflow";
}

/** Whether several values may be chosen. */
export function takesMany(element: Element): boolean {
  return isMultiMenu(element) || element.type === "checkboxes";
}

/** Every option of an element that has a list of its own. */
export function optionsOf(element: Element): readonly Option[] {
  const own = "options" in element ? (element.options ?? []) : [];
  const grouped = "option_groups" in element ? (element.option_groups ?? []) : [];
  return [...own, ...grouped.flatMap((group) => group.options)];
}
