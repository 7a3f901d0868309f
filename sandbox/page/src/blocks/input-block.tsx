import { type KeyboardEvent, useId } from "react";
import { z } from "zod";
import { elementSchema, isMenu, isStateful, type StatefulElement, textSchema } from "../../../slack/elements/schema.ts";
import { chosenState, initialState, valuesOf } from "../../../slack/elements/state.ts";
import type { Block } from "../../../slack/page-api.ts";
import { Choices } from "../elements/choices.tsx";
import { Menu } from "../elements/menu.tsx";
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
    if (input.dispatch_action === true) void acting.act(element.action_id, next[0] ?? "");
  };
  const change = (next: readonly string[]) => {
    form.change(id, element.action_id, chosenState(element, next));
    // Text is dispatched with Enter, everything else when it is chosen.
    if (element.type !== "plain_text_input" && element.type !== "number_input") dispatch(next);
  };
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
        value={values[0] ?? ""}
        invalid={error !== undefined}
        describedBy={[error && `${control}-error`, hint && `${control}-hint`].filter(Boolean).join(" ") || undefined}
        onChange={(value) => change(value === "" ? [] : [value])}
        onEnter={input.dispatch_action === true ? () => dispatch(values) : undefined}
      />
      {notes}
    </div>
  );
}

interface ControlProps {
  readonly element: StatefulElement;
  readonly id: string;
  readonly value: string;
  readonly invalid: boolean;
  readonly describedBy: string | undefined;
  readonly onChange: (value: string) => void;
  readonly onEnter: (() => void) | undefined;
}

function Control({ element, id, value, invalid, describedBy, onChange, onEnter }: ControlProps) {
  if (isMenu(element))
    return (
      <Menu
        element={element}
        id={id}
        label="Choose an option"
        value={value}
        invalid={invalid}
        describedBy={describedBy}
        wide
        onChoose={onChange}
      />
    );
  const shared = {
    id,
    value,
    placeholder: element.placeholder?.text,
    "aria-invalid": invalid,
    "aria-describedby": describedBy,
    onChange: (event: { readonly target: { readonly value: string } }) => onChange(event.target.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || onEnter === undefined) return;
      event.preventDefault();
      onEnter();
    },
    className: `w-full rounded-lg border bg-surface px-3 py-1.5 text-ink placeholder:text-muted ${invalid ? "border-danger" : "border-line-strong"}`,
  };
  if (element.type === "plain_text_input" && element.multiline === true) return <textarea rows={4} {...shared} />;
  return (
    <input
      type="text"
      inputMode={element.type === "number_input" ? "decimal" : "text"}
      autoComplete="off"
      {...shared}
    />
  );
}
