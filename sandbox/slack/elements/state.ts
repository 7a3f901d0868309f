import { z } from "zod";
import { type Option, optionsOf, type StatefulElement, textSchema } from "./schema.ts";

const option = z.looseObject({ text: textSchema, value: z.string() });

/**
 * The value of an element in Slack's own shape, as `view.state.values` and `actions` carry it.
 * Source: https://docs.slack.dev/reference/views/view-object (state), and the payload examples of each element
 */
export const elementStateSchema = z.union([
  z.object({
    type: z.enum(["plain_text_input", "number_input", "email_text_input", "url_text_input"]),
    value: z.string().nullable(),
  }),
  z.object({ type: z.enum(["static_select", "radio_buttons"]), selected_option: option.nullable() }),
  z.object({ type: z.enum(["checkboxes", "multi_static_select"]), selected_options: z.array(option) }),
  z.object({ type: z.literal("users_select"), selected_user: z.string().nullable() }),
  z.object({ type: z.literal("multi_users_select"), selected_users: z.array(z.string()) }),
  z.object({ type: z.literal("channels_select"), selected_channel: z.string().nullable() }),
  z.object({ type: z.literal("multi_channels_select"), selected_channels: z.array(z.string()) }),
  z.object({ type: z.literal("conversations_select"), selected_conversation: z.string().nullable() }),
  z.object({ type: z.literal("multi_conversations_select"), selected_conversations: z.array(z.string()) }),
  z.object({ type: z.literal("datepicker"), selected_date: z.string().nullable() }),
  z.object({ type: z.literal("timepicker"), selected_time: z.string().nullable() }),
]);
export type ElementState = z.infer<typeof elementStateSchema>;

/** What a form says of an element that nobody has touched. */
export function initialState(element: StatefulElement): ElementState {
  return chosenState(element, initialValues(element));
}

function initialValues(element: StatefulElement): readonly string[] {
  switch (element.type) {
    case "static_select":
    case "radio_buttons":
      return given(element.initial_option?.value);
    case "checkboxes":
    case "multi_static_select":
      return (element.initial_options ?? []).map(({ value }) => value);
    case "users_select":
      return given(element.initial_user);
    case "multi_users_select":
      return element.initial_users ?? [];
    case "channels_select":
      return given(element.initial_channel);
    case "multi_channels_select":
      return element.initial_channels ?? [];
    case "conversations_select":
      return given(element.initial_conversation);
    case "multi_conversations_select":
      return element.initial_conversations ?? [];
    case "datepicker":
      return given(element.initial_date);
    case "timepicker":
      return given(element.initial_time);
    default:
      return given(element.initial_value);
  }
}

/** The state once these are chosen or typed: option values, ids, a date, or the text. */
export function chosenState(element: StatefulElement, values: readonly string[]): ElementState {
  const first = values[0] ?? null;
  const options = (): Option[] => optionsOf(element).filter(({ value }) => values.includes(value));
  switch (element.type) {
    case "static_select":
    case "radio_buttons":
      return { type: element.type, selected_option: options()[0] ?? null };
    case "checkboxes":
    case "multi_static_select":
      return { type: element.type, selected_options: options() };
    case "users_select":
      return { type: element.type, selected_user: first };
    case "multi_users_select":
      return { type: element.type, selected_users: [...values] };
    case "channels_select":
      return { type: element.type, selected_channel: first };
    case "multi_channels_select":
      return { type: element.type, selected_channels: [...values] };
    case "conversations_select":
      return { type: element.type, selected_conversation: first };
    case "multi_conversations_select":
      return { type: element.type, selected_conversations: [...values] };
    case "datepicker":
      return { type: element.type, selected_date: first };
    case "timepicker":
      return { type: element.type, selected_time: first };
    default:
      return { type: element.type, value: first };
  }
}

/** The chosen values, as a control knows them: option values, ids, a date, or the text. */
export function valuesOf(state: ElementState): readonly string[] {
  switch (state.type) {
    case "static_select":
    case "radio_buttons":
      return given(state.selected_option?.value);
    case "checkboxes":
    case "multi_static_select":
      return state.selected_options.map(({ value }) => value);
    case "users_select":
      return given(state.selected_user);
    case "multi_users_select":
      return state.selected_users;
    case "channels_select":
      return given(state.selected_channel);
    case "multi_channels_select":
      return state.selected_channels;
    case "conversations_select":
      return given(state.selected_conversation);
    case "multi_conversations_select":
      return state.selected_conversations;
    case "datepicker":
      return given(state.selected_date);
    case "timepicker":
      return given(state.selected_time);
    default:
      return given(state.value);
  }
}

function given(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined || value === "" ? [] : [value];
}
