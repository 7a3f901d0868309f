import { useId } from "react";
import type { Block, Person } from "../../slack/page-api.ts";

export type FieldValue = {
  readonly type: string;
  readonly value?: string;
  readonly selected_option?: unknown;
  readonly selected_user?: string;
};

interface Option {
  readonly text: { readonly text: string };
  readonly value: string;
}

interface Props {
  readonly block: Block;
  readonly people: readonly Person[];
  readonly error: string | undefined;
  readonly onChange: (blockId: string, actionId: string, value: FieldValue) => void;
}

interface Element {
  readonly type: string;
  readonly action_id: string;
  readonly multiline?: boolean;
  readonly initial_value?: string;
  readonly placeholder?: { readonly text: string };
  readonly options?: readonly Option[];
}

/** One input block of a dialog, its state in Slack's own shape. */
export function Field({ block, people, error, onChange }: Props) {
  const element = block["element"] as Element;
  const label = (block["label"] as { readonly text: string }).text;
  const hint = (block["hint"] as { readonly text: string } | undefined)?.text;
  const id = String(block["block_id"] ?? element.action_id);
  const control = useId();
  const set = (value: FieldValue) => onChange(id, element.action_id, value);
  const box = `mt-1 w-full rounded-md border px-3 py-1.5 ${error === undefined ? "border-neutral-400" : "border-rose-600"}`;
  const options: readonly Option[] =
    element.type === "users_select"
      ? people.filter(({ is_bot }) => !is_bot).map((person) => ({ text: { text: person.real_name }, value: person.id }))
      : (element.options ?? []);
  const choose = (value: string) => {
    const option = options.find((candidate) => candidate.value === value);
    set(
      element.type === "users_select"
        ? { type: element.type, selected_user: value }
        : { type: element.type, selected_option: option },
    );
  };
  return (
    <div className="mb-4">
      <label htmlFor={control} className="font-bold">
        {label}
      </label>
      {block["optional"] === true ? <span className="text-sm text-neutral-500"> (optional)</span> : null}
      {options.length > 0 ? (
        <select id={control} className={box} defaultValue="" onChange={(event) => choose(event.target.value)}>
          <option value="">{element.placeholder?.text ?? "Choose…"}</option>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text.text}
            </option>
          ))}
        </select>
      ) : element.multiline === true ? (
        <textarea
          id={control}
          className={box}
          rows={4}
          defaultValue={element.initial_value}
          placeholder={element.placeholder?.text}
          onChange={(event) => set({ type: element.type, value: event.target.value })}
        />
      ) : (
        <input
          id={control}
          className={box}
          defaultValue={element.initial_value}
          placeholder={element.placeholder?.text}
          onChange={(event) => set({ type: element.type, value: event.target.value })}
        />
      )}
      {error === undefined ? null : (
        <span role="alert" className="text-sm text-rose-700">
          ⚠ {error}
        </span>
      )}
      {hint === undefined ? null : <span className="block text-sm text-neutral-500">{hint}</span>}
    </div>
  );
}
