import { z } from "zod";

/**
 * Slack's rules for what blocks hold: texts, options and interactive elements, as strict schemas.
 * Sources: https://docs.slack.dev/reference/block-kit/block-elements and /composition-objects; @slack/types.
 */

export const text = (max: number) => z.string().min(1).max(max);
export const plainText = (max: number) =>
  z.strictObject({ type: z.literal("plain_text"), text: text(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: text(max), verbatim: z.boolean().optional() });
export const anyText = (max: number) => z.union([plainText(max), mrkdwn(max)]);
export const identifier = z.string().min(1).max(255);

const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(["primary", "danger"]).optional(),
});
const option = z.strictObject({
  text: anyText(75),
  value: text(150),
  description: anyText(75).optional(),
  url: text(3_000).optional(),
});
const optionGroup = z.strictObject({ label: plainText(75), options: z.array(option).min(1).max(100) });
const focusable = { focus_on_load: z.boolean().optional() };
const interactive = { action_id: identifier, confirm: confirm.optional(), ...focusable };
const placeholder = plainText(150).optional();

interface Choice {
  readonly options?: readonly { readonly value: string }[] | undefined;
  readonly option_groups?: readonly { readonly options: readonly { readonly value: string }[] }[] | undefined;
  readonly initial_option?: { readonly value: string } | undefined;
  readonly initial_options?: readonly { readonly value: string }[] | undefined;
}

/** What is chosen at first must be one of the options. */
const initialIsOffered = ({ options = [], option_groups = [], initial_option, initial_options = [] }: Choice) => {
  const offered = [...options, ...option_groups.flatMap((group) => group.options)].map(({ value }) => value);
  const initial = [...(initial_option === undefined ? [] : [initial_option]), ...initial_options];
  return initial.every(({ value }) => offered.includes(value));
};
const notOffered = "initial options must be among the options";
const oneList = ({ options, option_groups }: Choice) => (options === undefined) !== (option_groups === undefined);

const button = z.strictObject({
  type: z.literal("button"),
  action_id: identifier.optional(),
  text: plainText(75),
  value: text(2_000).optional(),
  url: text(3_000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  confirm: confirm.optional(),
  accessibility_label: text(75).optional(),
});
const lists = {
  options: z.array(option).min(1).max(100).optional(),
  option_groups: z.array(optionGroup).min(1).max(100).optional(),
};
const select = { ...interactive, placeholder };
const multi = { ...select, max_selected_items: z.number().int().min(1).optional() };
const staticSelect = z
  .strictObject({ type: z.literal("static_select"), ...select, ...lists, initial_option: option.optional() })
  .refine(oneList, "needs options or option_groups")
  .refine(initialIsOffered, notOffered);
const multiStaticSelect = z
  .strictObject({
    type: z.literal("multi_static_select"),
    ...multi,
    ...lists,
    initial_options: z.array(option).min(1).optional(),
  })
  .refine(oneList, "needs options or option_groups")
  .refine(initialIsOffered, notOffered);
const conversations = {
  default_to_current_conversation: z.boolean().optional(),
  filter: z
    .strictObject({
      include: z
        .array(z.enum(["im", "mpim", "private", "public"]))
        .min(1)
        .optional(),
      exclude_external_shared_channels: z.boolean().optional(),
      exclude_bot_users: z.boolean().optional(),
    })
    .optional(),
};
const pickers = [
  z.strictObject({ type: z.literal("users_select"), ...select, initial_user: z.string().optional() }),
  z.strictObject({ type: z.literal("channels_select"), ...select, initial_channel: z.string().optional() }),
  z.strictObject({
    type: z.literal("conversations_select"),
    ...select,
    ...conversations,
    initial_conversation: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("multi_users_select"), ...multi, initial_users: z.array(z.string()).optional() }),
  z.strictObject({
    type: z.literal("multi_channels_select"),
    ...multi,
    initial_channels: z.array(z.string()).optional(),
  }),
  z.strictObject({
    type: z.literal("multi_conversations_select"),
    ...multi,
    ...conversations,
    initial_conversations: z.array(z.string()).optional(),
  }),
  z.strictObject({
    type: z.literal("datepicker"),
    ...select,
    initial_date: z.iso.date().optional(),
  }),
  z.strictObject({
    type: z.literal("timepicker"),
    ...select,
    initial_time: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .optional(),
    timezone: z.string().optional(),
  }),
] as const;
const overflow = z.strictObject({
  type: z.literal("overflow"),
  action_id: identifier,
  options: z.array(option).min(1).max(5),
  confirm: confirm.optional(),
});
const checkboxes = z
  .strictObject({
    type: z.literal("checkboxes"),
    ...interactive,
    options: z.array(option).min(1).max(10),
    initial_options: z.array(option).min(1).optional(),
  })
  .refine(initialIsOffered, notOffered);
const radios = z
  .strictObject({
    type: z.literal("radio_buttons"),
    ...interactive,
    options: z.array(option).min(1).max(10),
    initial_option: option.optional(),
  })
  .refine(initialIsOffered, notOffered);
const typed = {
  action_id: identifier,
  placeholder,
  ...focusable,
  dispatch_action_config: z
    .strictObject({ trigger_actions_on: z.array(z.enum(["on_enter_pressed", "on_character_entered"])).min(1) })
    .optional(),
};
const textInput = z.strictObject({
  type: z.literal("plain_text_input"),
  ...typed,
  initial_value: z.string().max(3_000).optional(),
  multiline: z.boolean().optional(),
  min_length: z.number().int().min(0).max(3_000).optional(),
  max_length: z.number().int().min(1).max(3_000).optional(),
});
const numberInput = z.strictObject({
  type: z.literal("number_input"),
  ...typed,
  is_decimal_allowed: z.boolean(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
});
const addressInputs = (["email_text_input", "url_text_input"] as const).map((type) =>
  z.strictObject({ type: z.literal(type), ...typed, initial_value: z.string().optional() }),
);
export const image = z.strictObject({ type: z.literal("image"), image_url: text(3_000), alt_text: text(2_000) });

const choices = [staticSelect, multiStaticSelect, ...pickers, checkboxes, radios] as const;
export const actionElement = z.union([button, overflow, ...choices]);
export const inputElement = z.union([textInput, numberInput, ...addressInputs, ...choices]);
