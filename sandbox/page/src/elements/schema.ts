import { z } from "zod";

/**
 * The interactive elements that the simulation accepts, as far as the page reads them.
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
const staticSelect = z.object({
  type: z.literal("static_select"),
  ...common,
  options: z.array(option).optional(),
  option_groups: z.array(z.object({ label: textSchema, options: z.array(option) })).optional(),
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
const overflow = z.object({ type: z.literal("overflow"), ...common, options: z.array(option) });
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
const textInput = z.object({
  type: z.literal("plain_text_input"),
  ...common,
  multiline: z.boolean().optional(),
  initial_value: z.string().optional(),
  min_length: z.number().optional(),
  max_length: z.number().optional(),
});
const numberInput = z.object({
  type: z.literal("number_input"),
  ...common,
  is_decimal_allowed: z.boolean().optional(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
});

export const elementSchema = z.discriminatedUnion("type", [
  button,
  staticSelect,
  usersSelect,
  channelsSelect,
  conversationsSelect,
  overflow,
  checkboxes,
  radios,
  textInput,
  numberInput,
]);
export type Element = z.infer<typeof elementSchema>;
export type ElementOf<Type extends Element["type"]> = Extract<Element, { type: Type }>;

/** The menus: one thing chosen from a list that is given, or known to the workspace. */
export type MenuElement = ElementOf<"static_select" | "users_select" | "channels_select" | "conversations_select">;
/** What keeps a value in a form. */
export type StatefulElement = Exclude<Element, ElementOf<"button" | "overflow">>;

export function isMenu(element: Element): element is MenuElement {
  return element.type.endsWith("_select");
}

export function isStateful(element: Element): element is StatefulElement {
  return element.type !== "button" && element.type !== "overflow";
}
