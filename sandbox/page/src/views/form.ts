import { createContext, useContext } from "react";
import type { Values } from "../../../slack/elements/form.ts";
import type { ElementState } from "../../../slack/elements/state.ts";

/** The form around an element: what was entered so far, and what is wrong with it. */
export interface Form {
  /** Everything in it, with the initial value of what nobody touched. */
  readonly values: Values;
  readonly state: (blockId: string, actionId: string) => ElementState | undefined;
  readonly change: (blockId: string, actionId: string, state: ElementState) => void;
  readonly error: (blockId: string) => string | undefined;
}

const FormContext = createContext<Form | undefined>(undefined);
export const FormProvider = FormContext.Provider;

/** Undefined in a message, which has no form. */
export function useForm(): Form | undefined {
  return useContext(FormContext);
}
