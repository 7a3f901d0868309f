import type { InputBlock, Option } from "@slack/types";
import { z } from "zod";
import { clean, oneLine, truncate } from "../../reports/render/clean.ts";
import type { ParameterDescription } from "../../runbooks/parameter-description.ts";

/** The inputs of a form for a runbook's parameters, and what people put into them. */

/** Of every input: Slack sends it when somebody types where that is looked at. */
export const fieldActionId = "plan_field";
/** The block of all that is true or not. */
export const boxesBlockId = "plan_boxes";

export interface FieldContext {
  /** As words, by parameter. */
  readonly given: Readonly<Record<string, string | true>>;
  /** What is wrong with what was given, by parameter. */
  readonly problems: Readonly<Record<string, string>>;
  /** What a list can hold, by parameter, where that is known. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

const labels: Readonly<Record<string, string>> = {
  clusters: "Environments",
  mergeRequest: "Number of the merge request",
};
/** For a choice that may be left to the bot. */
const openValue = "-";
const openWords = "As recommended";
const mostBoxes = 10;
const mostRadios = 5;

/** One input block a parameter, in their order; those that are true or not share one. */
export function inputsFor(parameters: readonly ParameterDescription[], context: FieldContext): readonly InputBlock[] {
  const inputs = parameters.filter((one) => !isBox(one)).map((parameter) => inputFor(parameter, context));
  const boxes = parameters.filter(isBox).slice(0, mostBoxes);
  return boxes.length === 0 ? inputs : [...inputs, boxesFor(boxes, context)];
}

/** The block at which Slack shows what is wrong with a parameter. */
export function blockIdOf(parameter: ParameterDescription): string {
  return isBox(parameter) ? boxesBlockId : parameter.name;
}

const stateSchema = z.looseObject({
  value: z.string().nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
  selected_options: z.array(z.looseObject({ value: z.string() })).nullish(),
});
const valuesSchema = z.record(z.string(), z.record(z.string(), stateSchema));

/** What a form holds, as words by parameter; what was left empty is left out. Slack's `view.state.values`. */
export function readFields(
  parameters: readonly ParameterDescription[],
  values: unknown,
): Readonly<Record<string, string>> {
  const states = valuesSchema.parse(values);
  const words = parameters.flatMap((parameter) => {
    const state = states[blockIdOf(parameter)]?.[fieldActionId];
    const word = state === undefined ? undefined : wordOf(parameter, state);
    return word === undefined || word === "" ? [] : [[parameter.name, word] as const];
  });
  return Object.fromEntries(words);
}

function wordOf(parameter: ParameterDescription, state: z.infer<typeof stateSchema>): string | undefined {
  const chosen = state.selected_options?.map(({ value }) => value);
  if (isBox(parameter)) return chosen?.includes(parameter.name) === true ? "yes" : "no";
  if (chosen !== undefined) return chosen.join(",");
  const one = state.selected_option?.value ?? state.value?.trim();
  return one === openValue ? undefined : one;
}

/** Words for a parameter's name: `undeclaredKeys` is "Undeclared keys". */
export function labelOf(name: string): string {
  const words = name.replaceAll(/[-_]/g, " ").replaceAll(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
  return labels[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

function isBox({ type }: ParameterDescription): boolean {
  return type === "yes/no";
}

function inputFor(parameter: ParameterDescription, context: FieldContext): InputBlock {
  const { name, description, required, fallback } = parameter;
  const problem = context.problems[name];
  const hint = problem === undefined ? description : `:warning: ${problem}`;
  return {
    type: "input",
    block_id: name,
    label: plain(labelOf(name), 100),
    element: elementFor(parameter, context),
    optional: !required && fallback === undefined,
    ...(hint === "" ? {} : { hint: plain(hint, 500) }),
    ...(parameter.patterned === true ? { dispatch_action: true } : {}),
  };
}

function elementFor(parameter: ParameterDescription, { given, choices }: FieldContext): InputBlock["element"] {
  const { name, type, fallback, patterned } = parameter;
  const action_id = fieldActionId;
  const known = choices[name] ?? parameter.choices;
  const word = given[name] === true ? undefined : (given[name] ?? fallback);
  if (type !== "list" && parameter.choices !== undefined) return choiceOf(parameter, parameter.choices, word);
  if (type === "list" && known !== undefined && known.length > 0 && known.length <= mostBoxes) {
    const options = known.map((one) => option(one, one));
    const chosen = options.filter(({ value }) => word?.split(",").includes(value ?? "") === true);
    return { type: "checkboxes", action_id, options, ...(chosen.length === 0 ? {} : { initial_options: chosen }) };
  }
  if (type === "number") return numberOf(parameter, word);
  const longest = Math.min(3_000, parameter.longest ?? 3_000);
  return {
    type: "plain_text_input",
    action_id,
    max_length: longest,
    ...(word === undefined || word === "" ? {} : { initial_value: truncate(clean(word), longest) }),
    ...(patterned === true ? { dispatch_action_config: { trigger_actions_on: ["on_character_entered"] } } : {}),
  };
}

function choiceOf(
  { required, fallback }: ParameterDescription,
  values: readonly string[],
  word: string | undefined,
): InputBlock["element"] {
  const mayBeOpen = !required && fallback === undefined;
  const options = [
    ...(mayBeOpen ? [option(openWords, openValue)] : []),
    ...values.map((value) => option(value, value)),
  ];
  const initial = options.find(({ value }) => value === word) ?? (mayBeOpen ? options[0] : undefined);
  const shared = { action_id: fieldActionId, options, ...(initial === undefined ? {} : { initial_option: initial }) };
  return options.length <= mostRadios
    ? { type: "radio_buttons", ...shared }
    : { type: "static_select", ...shared, options: options.slice(0, 100) };
}

function numberOf({ minimum, maximum, whole }: ParameterDescription, word: string | undefined): InputBlock["element"] {
  const number = word === undefined || word.trim() === "" ? Number.NaN : Number(word);
  const allowed =
    Number.isFinite(number) &&
    number >= (minimum ?? number) &&
    number <= (maximum ?? number) &&
    (whole !== true || Number.isInteger(number));
  return {
    type: "number_input",
    action_id: fieldActionId,
    is_decimal_allowed: whole !== true,
    ...(minimum === undefined ? {} : { min_value: String(minimum) }),
    ...(maximum === undefined ? {} : { max_value: String(maximum) }),
    ...(allowed ? { initial_value: String(number) } : {}),
  };
}

function boxesFor(boxes: readonly ParameterDescription[], { given, problems }: FieldContext): InputBlock {
  const options = boxes.map(({ name, description }): Option => {
    const meaning = truncate(oneLine(description), 75);
    return { ...option(labelOf(name), name), ...(meaning === "" ? {} : { description: plain(meaning, 75) }) };
  });
  const ticked = boxes
    .filter(({ name, fallback }) => given[name] === true || /^(yes|true|on)$/i.test(given[name] ?? fallback ?? ""))
    .map(({ name }) => name);
  const initial = options.filter(({ value }) => ticked.includes(value ?? ""));
  const problem = boxes.flatMap(({ name }) => problems[name] ?? [])[0];
  return {
    type: "input",
    block_id: boxesBlockId,
    label: plain("What applies", 100),
    optional: true,
    element: {
      type: "checkboxes",
      action_id: fieldActionId,
      options,
      ...(initial.length === 0 ? {} : { initial_options: initial }),
    },
    ...(problem === undefined ? {} : { hint: plain(`:warning: ${problem}`, 500) }),
  };
}

function option(label: string, value: string) {
  return { text: plain(label, 75), value };
}

function plain(text: string, length: number) {
  return { type: "plain_text" as const, text: truncate(oneLine(text), length) || "–", emoji: true };
}
