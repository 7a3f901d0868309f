import type { ConversationsSelect, InputBlock, ModalView } from "@slack/types";
import { z } from "zod";
import { oneLine, truncate } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { ChangeRunbook } from "../../runbooks/durable/definition.ts";
import { describeParameters } from "../../runbooks/parameter-description.ts";
import { parseParameters } from "../../runbooks/parameters.ts";
import { section } from "../changes/words.ts";
import { blockIdOf, type FieldContext, inputsFor, readFields } from "./fields.ts";

export const formViewId = "plan_form";
const channelId = "plan_channel";

/** What a form keeps of how it was opened. */
export interface FormOrigin {
  readonly runbook: string;
  /** Where the change is asked for; undefined: the form asks for that too. */
  readonly channel?: string | undefined;
}
const originSchema = z.object({ runbook: z.string(), channel: z.string().optional() });

export interface FormParts extends Pick<FieldContext, "given" | "choices"> {
  readonly runbook: Pick<ChangeRunbook, "id" | "title" | "description" | "params" | "positional">;
  readonly channel: string | undefined;
  /** What the form offers as the channel when it asks for it. */
  readonly offeredChannel?: string | undefined;
}

/** Asks for what a change needs. What was given already is in it, with what is wrong with that. */
export function formView({ runbook, given, choices, channel, offeredChannel }: FormParts): ModalView {
  const origin: FormOrigin = { runbook: runbook.id, ...(channel === undefined ? {} : { channel }) };
  const context = { given, choices, problems: problemsOf(runbook, given) };
  return {
    type: "modal",
    callback_id: formViewId,
    private_metadata: JSON.stringify(origin),
    title: { type: "plain_text", text: titleFor(runbook.title) },
    submit: { type: "plain_text", text: "Show the plan" },
    close: { type: "plain_text", text: "Cancel" },
    blocks: [
      section(escapedUpTo(`${runbook.description}. The plan is shown before anything is written.`, 600)),
      ...inputsFor(describeParameters(runbook), context),
      ...(channel === undefined ? [channelInput(offeredChannel)] : []),
    ],
  };
}

/** Undefined for one that another version wrote. */
export function formOrigin(privateMetadata: string): FormOrigin | undefined {
  try {
    return originSchema.parse(JSON.parse(privateMetadata));
  } catch {
    return undefined;
  }
}

export type Submitted =
  | { readonly ok: true; readonly params: Readonly<Record<string, unknown>>; readonly channel: string }
  /** What is wrong, by the block it is shown at. */
  | { readonly ok: false; readonly errors: Record<string, string> };

const channelSchema = z.looseObject({
  [channelId]: z.looseObject({ [channelId]: z.looseObject({ selected_conversation: z.string() }) }),
});

/** A form that was sent off: the parameters, or what Slack is to show at the fields. */
export function readForm(runbook: FormParts["runbook"], origin: FormOrigin, values: unknown): Submitted {
  const parameters = describeParameters(runbook);
  const parsed = parseParameters(runbook, { positionals: [], named: readFields(parameters, values) });
  const channel = origin.channel ?? channelSchema.safeParse(values).data?.[channelId][channelId].selected_conversation;
  const errors: Record<string, string> =
    channel === undefined ? { [channelId]: "Choose where it is to be decided." } : {};
  if (parsed.ok && channel !== undefined) return { ok: true, params: parsed.params, channel };
  if (parsed.ok) return { ok: false, errors };
  for (const parameter of parameters) {
    const problem = parsed.byName[parameter.name];
    if (problem !== undefined) errors[blockIdOf(parameter)] ??= truncate(problem, 300);
  }
  // What is about no field, or about several, is shown at the first one.
  const [first] = parameters;
  if (first !== undefined && parsed.general.length > 0)
    errors[blockIdOf(first)] ??= truncate(parsed.general.join("; "), 300);
  return { ok: false, errors };
}

/** The form as it is while somebody types: what is wrong so far is in the hints. */
export function whileTyping(parts: Omit<FormParts, "given">, values: unknown): ModalView {
  return formView({ ...parts, given: readFields(describeParameters(parts.runbook), values) });
}

/** What is wrong with what was given; what is missing is not wrong yet. */
function problemsOf(runbook: FormParts["runbook"], given: FormParts["given"]): Readonly<Record<string, string>> {
  const parsed = parseParameters(runbook, { positionals: [], named: given });
  if (parsed.ok) return {};
  return Object.fromEntries(Object.entries(parsed.byName).filter(([name]) => Object.hasOwn(given, name)));
}

function channelInput(offered: string | undefined): InputBlock {
  const element: ConversationsSelect = {
    type: "conversations_select",
    action_id: channelId,
    filter: { include: ["public", "private"], exclude_bot_users: true },
    ...(offered === undefined ? {} : { initial_conversation: offered }),
  };
  return {
    type: "input",
    block_id: channelId,
    label: { type: "plain_text", text: "Channel" },
    hint: { type: "plain_text", text: "where others see it and decide about it" },
    element,
  };
}

/** Slack shows 24 characters of a title. */
export function titleFor(title: string): string {
  return truncate(oneLine(title), 24) || "Plan";
}
