import { useState } from "react";
import { type Element, isMenu, isMultiMenu, isStateful, takesMany } from "../../../slack/elements/schema.ts";
import { chosenState, initialState, valuesOf } from "../../../slack/elements/state.ts";
import { useForm } from "../views/form.ts";
import { ButtonView } from "./button-view.tsx";
import { Choices } from "./choices.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Line } from "./line.tsx";
import { Menu } from "./menu.tsx";
import { MultiMenu } from "./multi-menu.tsx";
import { OverflowMenu } from "./overflow-menu.tsx";
import type { Act, Chosen } from "./use-act.ts";

interface Props {
  readonly element: Element;
  readonly blockId: string;
  readonly acting: Act;
}

/** An element that acts as soon as it is used, after the confirmation that it may ask for. */
export function ElementView({ element, blockId, acting }: Props) {
  const form = useForm();
  const [asking, setAsking] = useState<readonly string[]>();
  const [own, setOwn] = useState(() => (isStateful(element) ? initialState(element) : undefined));
  const state = form?.state(blockId, element.action_id) ?? own;
  const busy = acting.busy === element.action_id;
  const disabled = acting.busy !== undefined;

  const perform = (values: readonly string[]) => {
    setAsking(undefined);
    if (isStateful(element)) {
      const next = chosenState(element, values);
      setOwn(next);
      form?.change(blockId, element.action_id, next);
    }
    void acting.act(element.action_id, chosenOf(element, values));
  };
  const start = (values: readonly string[]) => (element.confirm === undefined ? perform(values) : setAsking(values));
  const values = state === undefined ? [] : valuesOf(state);

  return (
    <>
      {element.type === "button" ? (
        <ButtonView button={element} busy={busy} disabled={disabled} onPress={() => start([])} />
      ) : element.type === "overflow" ? (
        <OverflowMenu options={element.options} disabled={disabled} onChoose={(value) => start([value])} />
      ) : isMenu(element) ? (
        <Menu
          element={element}
          label={element.placeholder?.text ?? "Choose an option"}
          value={values[0] ?? ""}
          busy={busy}
          disabled={disabled}
          onChoose={(value) => start(value === "" ? [] : [value])}
        />
      ) : element.type === "checkboxes" || element.type === "radio_buttons" ? (
        <Choices element={element} values={values} disabled={disabled} onChoose={start} />
      ) : isMultiMenu(element) ? (
        <MultiMenu
          element={element}
          label={element.placeholder?.text ?? "Choose options"}
          values={values}
          busy={busy}
          onChoose={start}
        />
      ) : (
        <Line
          element={element}
          label={element.placeholder?.text ?? element.type}
          value={values[0] ?? ""}
          disabled={disabled}
          onChange={(value) => start(value === "" ? [] : [value])}
        />
      )}
      {asking === undefined || element.confirm === undefined ? null : (
        <ConfirmDialog
          confirm={element.confirm}
          onConfirm={() => perform(asking)}
          onDeny={() => setAsking(undefined)}
        />
      )}
    </>
  );
}

/** What goes to the app: a button's own value, one thing, or several. */
export function chosenOf(element: Element, values: readonly string[]): Chosen {
  if (element.type === "button") return element.value === undefined ? {} : { value: element.value };
  return takesMany(element) ? { values } : { value: values[0] ?? "" };
}
