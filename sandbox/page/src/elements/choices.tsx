import { useId } from "react";
import type { ElementOf } from "../../../slack/elements/schema.ts";
import { SlackText } from "../text/slack-text.tsx";

interface Props {
  readonly element: ElementOf<"checkboxes" | "radio_buttons">;
  readonly values: readonly string[];
  readonly disabled?: boolean;
  readonly onChoose: (values: readonly string[]) => void;
}

/** Boxes to tick, or one of several to pick. */
export function Choices({ element, values, disabled = false, onChoose }: Props) {
  const group = useId();
  const many = element.type === "checkboxes";
  const choose = (value: string, on: boolean) => {
    if (!many) onChoose([value]);
    else onChoose(on ? [...values, value] : values.filter((other) => other !== value));
  };
  return (
    <div className="flex flex-col gap-1.5">
      {element.options.map((option) => (
        <label key={option.value} className="flex cursor-pointer items-start gap-2.5">
          <input
            type={many ? "checkbox" : "radio"}
            name={group}
            checked={values.includes(option.value)}
            disabled={disabled}
            onChange={(event) => choose(option.value, event.target.checked)}
            className="mt-1 size-4 shrink-0 accent-primary"
          />
          <span className="min-w-0">
            <SlackText text={option.text} />
            {option.description === undefined ? null : (
              <span className="block text-[13px] text-muted">
                <SlackText text={option.description} />
              </span>
            )}
          </span>
        </label>
      ))}
    </div>
  );
}
