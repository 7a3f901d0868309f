import type { Block } from "../page-api.ts";
import { type Element, elementSchema, isStateful, type StatefulElement } from "./schema.ts";
import { type ElementState, initialState, valuesOf } from "./state.ts";

/** Block id -> action id -> state, as Slack sends it. */
export type Values = Readonly<Record<string, Readonly<Record<string, ElementState>>>>;

export interface Placed<Of extends Element = Element> {
  readonly blockId: string;
  readonly element: Of;
  /** Only an input block can be required. */
  readonly required: boolean;
  /** The app hears of its use: always, but for an input block that does not say `dispatch_action`. */
  readonly dispatches: boolean;
}

/** The id by which a block is known; one without its own is known by its place. */
export function blockIdOf(block: Block, index: number): string {
  const id = block["block_id"];
  return typeof id === "string" ? id : `b${index}`;
}

/** Every interactive element of these blocks, those inside containers included. */
export function placedIn(blocks: readonly Block[]): readonly Placed[] {
  return blocks.flatMap((block, index) => {
    const required = block.type === "input" && block["optional"] !== true;
    const dispatches = block.type !== "input" || block["dispatch_action"] === true;
    const blockId = blockIdOf(block, index);
    const own = [block["element"], block["accessory"], block["elements"]].flat().flatMap((candidate) => {
      const element = elementSchema.safeParse(candidate).data;
      return element === undefined ? [] : [{ blockId, element, required, dispatches }];
    });
    const children = block["child_blocks"];
    return [...own, ...(Array.isArray(children) ? placedIn(children as readonly Block[]) : [])];
  });
}

function statefulIn(blocks: readonly Block[]): readonly Placed<StatefulElement>[] {
  return placedIn(blocks).filter((placed): placed is Placed<StatefulElement> => isStateful(placed.element));
}

/** Every element that keeps a value, with what was entered or else its initial value. */
export function formValues(blocks: readonly Block[], entered: Values): Values {
  const values: Record<string, Record<string, ElementState>> = {};
  for (const { blockId, element } of statefulIn(blocks)) {
    const state = entered[blockId]?.[element.action_id];
    values[blockId] = {
      ...values[blockId],
      [element.action_id]: state?.type === element.type ? state : initialState(element),
    };
  }
  return values;
}

/** What Slack itself refuses before the app is asked, by block id. */
export function formMistakes(blocks: readonly Block[], values: Values): Readonly<Record<string, string>> {
  const mistakes = statefulIn(blocks).flatMap(({ blockId, element, required }) => {
    const state = values[blockId]?.[element.action_id];
    const mistake = state === undefined ? undefined : mistakeOf(element, valuesOf(state), required);
    return mistake === undefined ? [] : [[blockId, mistake] as const];
  });
  return Object.fromEntries(mistakes);
}

function mistakeOf(element: StatefulElement, values: readonly string[], required: boolean): string | undefined {
  const [value] = values;
  if (value === undefined) return required ? "Please complete this required field." : undefined;
  if ("max_selected_items" in element && values.length > (element.max_selected_items ?? values.length))
    return `You can choose at most ${element.max_selected_items}.`;
  if (element.type === "plain_text_input") {
    const { min_length: least = 0, max_length: most = 3_000 } = element;
    if (value.length < least) return `This must be at least ${least} characters long.`;
    if (value.length > most) return `This may be at most ${most} characters long.`;
  }
  if (element.type === "email_text_input" && !/^\S+@\S+\.\S+$/.test(value))
    return "Please enter a valid email address.";
  if (element.type === "url_text_input" && !URL.canParse(value)) return "Please enter a valid URL.";
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
