import { createContext, useContext, useState } from "react";
import type { ActionInput } from "../../../slack/page-api.ts";
import { slack } from "../client.ts";
import { useDirectory } from "../live/directory.tsx";
import { useForm } from "../views/form.ts";

/** Where blocks are, for the actions in them. */
export type Source = Pick<ActionInput, "message" | "view_id">;

/** What was chosen: nothing for a button without a value, several for an element that takes several. */
export type Chosen = Pick<ActionInput, "value" | "values">;

const SourceContext = createContext<Source>({});
export const SourceProvider = SourceContext.Provider;

export interface Act {
  /** The element whose action the app has not acknowledged yet. */
  readonly busy: string | undefined;
  readonly trouble: string | undefined;
  readonly act: (actionId: string, chosen: Chosen) => Promise<void>;
}

/** Tells the app what a person did with an element of this block, and waits for its acknowledgement. */
export function useAct(blockId: string): Act {
  const { me } = useDirectory();
  const source = useContext(SourceContext);
  const form = useForm();
  const [busy, setBusy] = useState<string>();
  const [trouble, setTrouble] = useState<string>();
  const act = async (actionId: string, chosen: Chosen) => {
    setBusy(actionId);
    setTrouble(undefined);
    const { ok, error } = await slack.act({
      user: me,
      ...source,
      block_id: blockId,
      action_id: actionId,
      ...chosen,
      // Slack sends what is entered around the element along with the action.
      ...(form === undefined ? {} : { form: form.values }),
    });
    setBusy(undefined);
    setTrouble(ok ? undefined : (error ?? "This did not work."));
  };
  return { busy, trouble, act };
}
