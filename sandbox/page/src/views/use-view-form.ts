import { useMemo, useState } from "react";
import { formMistakes, formValues, type Values } from "../../../slack/elements/form.ts";
import type { ElementState } from "../../../slack/elements/state.ts";
import type { PageView } from "../../../slack/page-api.ts";
import { useStable } from "../live/use-stable.ts";
import type { Form } from "./form.ts";

type Errors = Readonly<Record<string, string>>;

export interface ViewForm {
  readonly form: Form;
  readonly values: Values;
  /** Looks for what Slack itself refuses, and shows it. True when there is nothing. */
  readonly check: () => boolean;
}

/**
 * What a person entered into a view, kept while the app updates it. Mistakes come from the app (in the view) or from
 * here, and each goes when its field is changed.
 */
export function useViewForm(view: PageView, entered: Values, onEnter: (values: Values) => void): ViewForm {
  const fromApp = useStable(view.errors);
  const [shown, setShown] = useState<{ readonly fromApp: Errors; readonly errors: Errors }>({
    fromApp: {},
    errors: {},
  });
  // The app's answer to a new submission replaces what was shown before.
  const errors = shown.fromApp === fromApp ? shown.errors : fromApp;
  const values = useStable(formValues(view.blocks, entered));
  const form = useMemo<Form>(
    () => ({
      values,
      state: (blockId, actionId) => entered[blockId]?.[actionId],
      change: (blockId, actionId, state: ElementState) => {
        onEnter({ ...entered, [blockId]: { ...entered[blockId], [actionId]: state } });
        const { [blockId]: _corrected, ...others } = errors;
        setShown({ fromApp, errors: others });
      },
      error: (blockId) => errors[blockId],
    }),
    [entered, errors, fromApp, onEnter, values],
  );
  const check = () => {
    const mistakes = formMistakes(view.blocks, values);
    setShown({ fromApp, errors: mistakes });
    return Object.keys(mistakes).length === 0;
  };
  return { form, values, check };
}
