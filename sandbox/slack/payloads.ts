import { z } from "zod";
import { formValues, type Placed, placedIn, type Values } from "./elements/form.ts";
import { type Element, isStateful, optionsOf } from "./elements/schema.ts";
import { chosenState, elementStateSchema } from "./elements/state.ts";
import type { ActionInput, Block, Person } from "./page-api.ts";
import type { ResponseTicket } from "./tickets.ts";
import { viewPayload } from "./views.ts";
import type { StoredMessage, StoredView, Workspace } from "./workspace.ts";

/** The part of a payload that every interaction has. */
export function interactionOf(workspace: Workspace, type: string, who: Person) {
  return {
    type,
    team: { id: workspace.teamId, domain: "sandbox" },
    user: { id: who.id, username: who.name, name: who.name, team_id: workspace.teamId },
    api_app_id: workspace.appId,
    token: "fake-verification-token",
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** Where a click on a message was. Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
export function messageContext(
  workspace: Workspace,
  message: StoredMessage,
  ticket: ResponseTicket,
  entered: Values,
): Readonly<Record<string, unknown>> {
  const { channel, ts, user, text, blocks, thread_ts, metadata } = message;
  const is_ephemeral = message.onlyFor !== undefined;
  const container = { type: "message", message_ts: ts, channel_id: channel, is_ephemeral };
  return {
    container: thread_ts === undefined ? container : { ...container, thread_ts },
    channel: { id: channel, name: workspace.channel(channel)?.name ?? "" },
    // Slack sends no message with a click on an ephemeral one.
    ...(is_ephemeral
      ? {}
      : {
          message: {
            type: "message",
            user,
            ts,
            text,
            blocks,
            ...(thread_ts === undefined ? {} : { thread_ts }),
            ...(metadata === undefined ? {} : { metadata }),
          },
        }),
    response_url: ticket.url,
    state: { values: formValues(blocks, entered) },
  };
}

/** Where a click in a view was: no channel, and nothing to respond at. */
export function viewContext(
  workspace: Workspace,
  view: StoredView,
  entered: Values,
): Readonly<Record<string, unknown>> {
  return { container: { type: "view", view_id: view.id }, view: viewPayload(workspace, view, entered) };
}

/** The element that a person used: an action id is unique within its block only. */
export function usedElement(blocks: readonly Block[], input: ActionInput): Placed | undefined {
  const named = placedIn(blocks).filter(({ element }) => element.action_id === input.action_id);
  return named.find(({ blockId }) => blockId === input.block_id) ?? named[0];
}

/** What was chosen, in Slack's shape for `actions`; undefined when the element does not offer it. */
export function chosenAction(element: Element, input: ActionInput): Readonly<Record<string, unknown>> | undefined {
  if (element.type === "button") {
    const { type, text, value, style, url } = element;
    const given = { value, style, url };
    return { type, text, ...Object.fromEntries(Object.entries(given).filter(([, field]) => field !== undefined)) };
  }
  const picked = pickedValues(input);
  const options = optionsOf(element);
  const offers = (value: string) => options.length === 0 || options.some((option) => option.value === value);
  if (!picked.every(offers)) return undefined;
  if (isStateful(element)) return chosenState(element, picked);
  const option = options.find(({ value }) => value === picked[0]);
  return option === undefined ? undefined : { type: element.type, selected_option: option };
}

/** What the elements around hold after this action: what the page knows to be entered, and what was chosen now. */
export function enteredAfter({ blockId, element }: Placed, input: ActionInput): Values {
  const before = enteredIn(input.form ?? {});
  if (!isStateful(element)) return before;
  const state = chosenState(element, pickedValues(input));
  return { ...before, [blockId]: { ...before[blockId], [element.action_id]: state } };
}

function pickedValues({ value, values }: ActionInput): readonly string[] {
  return values ?? (value === undefined || value === "" ? [] : [value]);
}

const states = z.record(z.string(), z.record(z.string(), elementStateSchema));

/** What was entered, as far as it has Slack's shape. */
export function enteredIn(form: unknown): Values {
  return states.safeParse(form).data ?? {};
}
