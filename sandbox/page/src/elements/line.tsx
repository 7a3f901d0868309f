import type { KeyboardEvent } from "react";
import type { LineElement, StatefulElement } from "../../../slack/elements/schema.ts";

interface Props {
  readonly element: LineElement;
  readonly label: string;
  readonly value: string;
  /** Set when a label outside names it. */
  readonly id?: string;
  readonly invalid?: boolean;
  readonly disabled?: boolean;
  readonly describedBy?: string | undefined;
  readonly wide?: boolean;
  readonly onChange: (value: string) => void;
  readonly onEnter?: (() => void) | undefined;
}

const types: Readonly<Partial<Record<LineElement["type"], string>>> = { datepicker: "date", timepicker: "time" };
const modes = { number_input: "decimal", email_text_input: "email", url_text_input: "url" } as const;

/** A line to type, or a date or time to pick: the browser's own, which work with keys, readers and on a phone. */
export function Line(props: Props) {
  const { element, label, value, id, invalid = false, disabled = false, describedBy, wide, onChange, onEnter } = props;
  const { type } = element;
  const shared = {
    id,
    value,
    disabled,
    placeholder: element.placeholder?.text,
    "aria-label": id === undefined ? label : undefined,
    "aria-invalid": invalid,
    "aria-describedby": describedBy,
    onChange: (event: { readonly target: { readonly value: string } }) => onChange(event.target.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || onEnter === undefined) return;
      event.preventDefault();
      onEnter();
    },
    className: `rounded-lg border bg-surface px-3 text-ink placeholder:text-muted disabled:opacity-60 ${wide === true ? "w-full py-1.5" : "h-8 text-[13px]"} ${invalid ? "border-danger" : "border-line-strong"}`,
  };
  if (type === "plain_text_input" && element.multiline === true) return <textarea rows={4} {...shared} />;
  const inputMode = type in modes ? modes[type as keyof typeof modes] : "text";
  return <input type={types[type] ?? "text"} inputMode={inputMode} autoComplete="off" {...shared} />;
}

/** What is typed letter by letter, and not chosen at once. */
export function isTyped(element: StatefulElement): boolean {
  return element.type === "number_input" || element.type.endsWith("text_input");
}

/** Whether the app hears of every letter, or of the whole with Enter. Source: https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object */
export function dispatchesOn(element: StatefulElement, trigger: "on_enter_pressed" | "on_character_entered"): boolean {
  const config = "dispatch_action_config" in element ? element.dispatch_action_config : undefined;
  return (config?.trigger_actions_on ?? ["on_enter_pressed"]).includes(trigger);
}
