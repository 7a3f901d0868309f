import type { ElementOf, Option, StatefulElement } from "./schema.ts";

/**
 * The value of an input in Slack's own shape, as `view.state.values` carries it.
 * Source: https://docs.slack.dev/reference/views/view-object (state), and the payload examples of each element
 */
export type ElementState =
  | { readonly type: "plain_text_input" | "number_input"; readonly value: string | null }
  | { readonly type: "static_select" | "radio_buttons"; readonly selected_option: Option | null }
  | { readonly type: "checkboxes"; readonly selected_options: readonly Option[] }
  | { readonly type: "users_select"; readonly selected_user: string | null }
  | { readonly type: "channels_select"; readonly selected_channel: string | null }
  | { readonly type: "conversations_select"; readonly selected_conversation: string | null };

/** What a form says of an element that nobody has touched. */
export function initialState(element: StatefulElement): ElementState {
  switch (element.type) {
    case "plain_text_input":
    case "number_input":
      return { type: element.type, value: element.initial_value ?? null };
    case "static_select":
    case "radio_buttons":
      return { type: element.type, selected_option: element.initial_option ?? null };
    case "checkboxes":
      return { type: element.type, selected_options: element.initial_options ?? [] };
    case "users_select":
      return { type: element.type, selected_user: element.initial_user ?? null };
    case "channels_select":
      return { type: element.type, selected_channel: element.initial_channel ?? null };
    case "conversations_select":
      return { type: element.type, selected_conversation: element.initial_conversation ?? null };
  }
}

/** The state once these are chosen or typed: option values, ids or the text. */
export function chosenState(element: StatefulElement, values: readonly string[]): ElementState {
  const first = values[0] ?? null;
  switch (element.type) {
    case "plain_text_input":
    case "number_input":
      return { type: element.type, value: first };
    case "static_select":
    case "radio_buttons":
      return { type: element.type, selected_option: optionsOf(element).find(({ value }) => value === first) ?? null };
    case "checkboxes":
      return { type: element.type, selected_options: element.options.filter(({ value }) => values.includes(value)) };
    case "users_select":
      return { type: element.type, selected_user: first };
    case "channels_select":
      return { type: element.type, selected_channel: first };
    case "conversations_select":
      return { type: element.type, selected_conversation: first };
  }
}

function optionsOf(element: ElementOf<"static_select" | "radio_buttons">): readonly Option[] {
  if (element.type === "radio_buttons") return element.options;
  return [...(element.options ?? []), ...(element.option_groups ?? []).flatMap(({ options }) => options)];
}

/** The chosen values, as the controls of the page know them: option values, ids or the text. */
export function valuesOf(state: ElementState): readonly string[] {
  switch (state.type) {
    case "plain_text_input":
    case "number_input":
      return given(state.value);
    case "static_select":
    case "radio_buttons":
      return given(state.selected_option?.value);
    case "checkboxes":
      return state.selected_options.map(({ value }) => value);
    case "users_select":
      return given(state.selected_user);
    case "channels_select":
      return given(state.selected_channel);
    case "conversations_select":
      return given(state.selected_conversation);
  }
}

function given(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined || value === "" ? [] : [value];
}
