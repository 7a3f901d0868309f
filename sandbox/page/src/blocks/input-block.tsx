import { useId } from "react";
import { z } from "zod";
import {
  elementSchema,
  isMenu,
  isMultiMenu,
  isStateful,
  type StatefulElement,
  textSchema,
} from "../../../slack/elements/schema.ts";
import { chosenState, initialState, valuesOf } from "../../../slack/elements/state.ts";
import type { Block } from "../../../slack/page-api.ts";
import { Choices } from "../elements/choices.tsx";
import { chosenOf } from "../elements/element-view.tsx";
import { dispatchesOn, isTyped, Line } from "../elements/line.tsx";
import { Menu } from "../elements/menu.tsx";
import { MultiMenu } from "../elements/multi-menu.tsx";
import { Trouble } from "../elements/trouble.tsx";
import { useAct } from "../elements/use-act.ts";
import { withEmoji } from "../text/emoji.ts";
import { useForm } from "../views/form.ts";
import { Unreadable } from "./unreadable.tsx";

const schema = z.object({
  label: textSchema,
  element: elementSchema,
  hint: textSchema.optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
});

/** A labelled input of a form. One that dispatches also tells the app at once. */
export function InputBlock({ block, id }: { readonly block: Block; readonly id: string }) {
  const control = useId();
  const form = useForm();
  const acting = useAct(id);
  const input = schema.safeParse(block).data;
  if (form === undefined || input === undefined || !isStateful(input.element)) return <Unreadable type={block.type} />;
  const { label, element, hint, optional } = input;
  const values = valuesOf(form.state(id, element.action_id) ?? initialState(element));
  const error = form.error(id);
  const dispatch = (next: readonly string[]) => {
    if (input.dispatch_action === true) void acting.act(element.action_id, chosenOf(element, next));
  };
  const change = (next: readonly string[]) => {
    form.change(id, element.action_id, chosenState(element, next));
    // What is typed is dispatched with Enter unless the app wants every letter, everything else when it is chosen.
    if (!isTyped(element) || dispatchesOn(element, "on_character_entered")) dispatch(next);
  };
  const enter = input.dispatch_action === true && dispatchesOn(element, "on_enter_pressed");
  const many = element.type === "checkboxes" || element.type === "radio_buttons";
  const title = (
    <>
      {withEmoji(label.text)}
      {optional === true ? <span className="font-normal text-muted"> (optional)</span> : null}
    </>
  );
  const notes = (
    <>
      <Trouble id={`${control}-error`} text={error ?? acting.trouble} />
      {hint === undefined ? null : (
        <p id={`${control}-hint`} className="text-[13px] text-muted">
          {withEmoji(hint.text)}
        </p>
      )}
    </>
  );
  if (many)
    return (
      <fieldset className="mb-2 flex flex-col gap-1.5">
        <legend className="mb-1.5 font-bold">{title}</legend>
        <Choices element={element} values={values} onChoose={change} />
        {notes}
      </fieldset>
    );
  return (
    <div className="mb-2 flex flex-col gap-1.5">
      <label htmlFor={control} className="font-bold">
        {title}
      </label>
      <Control
        element={element}
        id={control}
        values={values}
        invalid={error !== undefined}
        describedBy={[error && `${control}-error`, hint && `${control}-hint`].filter(Boolean).join(" ") || undefined}
        onChange={change}
        onEnter={enter ? () => dispatch(values) : undefined}
      />
      {notes}
    </div>
  );
}

interface ControlProps {
  readonly element: StatefulElement;
  readonly id: string;
  readonly values: readonly string[];
  readonly invalid: boolean;
  readonly describedBy: string | undefined;
  readonly onChange: (values: readonly string[]) => void;
  readonly onEnter: (() => void) | undefined;
}

/** The one control that the label names. */
function Control({ element, id, values, invalid, describedBy, onChange, onEnter }: ControlProps) {
  const value = values[0] ?? "";
  const one = (next: string) => onChange(next === "" ? [] : [next]);
  const shared = { id, label: "Choose an option", invalid, describedBy };
  if (isMenu(element)) return <Menu {...shared} element={element} value={value} wide onChoose={one} />;
  if (isMultiMenu(element)) return <MultiMenu {...shared} element={element} values={values} wide onChoose={onChange} />;
  // Boxes and radio buttons have a legend of their own.
  if (element.type === "checkboxes" || element.type === "radio_buttons") return null;
  return <Line {...shared} element={element} value={value} wide onChange={one} onEnter={onEnter} />;
}
