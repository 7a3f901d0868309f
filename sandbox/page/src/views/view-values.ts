import type { Block } from "../../../slack/page-api.ts";
import { blockIdOf } from "../blocks/block-id.ts";
import { type ElementState, initialState, valuesOf } from "../elements/element-state.ts";
import { elementSchema, isStateful, type StatefulElement } from "../elements/schema.ts";

/** Block id -> action id -> state, as Slack sends it. */
export type Values = Readonly<Record<string, Readonly<Record<string, ElementState>>>>;

interface Placed {
  readonly blockId: string;
  readonly element: StatefulElement;
  /** Only an input block can be required. */
  readonly required: boolean;
}

/** Every element of a view that keeps a value, with what was entered or else its initial value. */
export function viewValues(blocks: readonly Block[], entered: Values): Values {
  const values: Record<string, Record<string, ElementState>> = {};
  for (const { blockId, element } of placedIn(blocks)) {
    const state = entered[blockId]?.[element.action_id] ?? initialState(element);
    values[blockId] = { ...values[blockId], [element.action_id]: state };
  }
  return values;
}

/** What Slack itself refuses before the app is asked, by block id. */
export function formMistakes(blocks: readonly Block[], values: Values): Readonly<Record<string, string>> {
  const mistakes = placedIn(blocks).flatMap(({ blockId, element, required }) => {
    const state = values[blockId]?.[element.action_id];
    const mistake = state === undefined ? undefined : mistakeOf(element, valuesOf(state)[0], required);
    return mistake === undefined ? [] : [[blockId, mistake] as const];
  });
  return Object.fromEntries(mistakes);
}

function mistakeOf(element: StatefulElement, value: string | undefined, required: boolean): string | undefined {
  if (value === undefined) return required ? "Please complete this required field." : undefined;
  if (element.type === "plain_text_input") {
    const { min_length: least = 0, max_length: most = 3_000 } = element;
    if (value.length < least) return `This must be at least ${least} characters long.`;
    if (value.length > most) return `This may be at most ${most} characters long.`;
  }
  if (element.type === "number_input") {
    const number = Number(value);
    if (value.trim() === "" || !Number.isFinite(number)) return "Please enter a number.";
    if (element.is_decimal_allowed !== true && !Number.isInteger(number)) return "Please enter a whole number.";
    if (element.min_value !== undefined && number < Number(element.min_value))
      return `This must be at least ${element.min_value}.`;
    if (element.max_value !== undefined && number > Number(element.max_value))
      return `This may be at most ${element.max_value}.`;
  }
  return undefined;
}

function placedIn(blocks: readonly Block[]): readonly Placed[] {
  return blocks.flatMap((block, index) => {
    const required = block.type === "input" && block["optional"] !== true;
    return [block["element"], block["accessory"], block["elements"]].flat().flatMap((candidate) => {
      const element = elementSchema.safeParse(candidate).data;
      if (element === undefined || !isStateful(element)) return [];
      return [{ blockId: blockIdOf(block, index), element, required }];
    });
  });
}
