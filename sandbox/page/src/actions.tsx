import { useState } from "react";
import type { Block, PageState } from "../../slack/page-api.ts";
import type { Source } from "./blocks.tsx";
import { slack } from "./client.ts";

interface Props {
  readonly state: PageState;
  readonly block: Block;
  readonly source: Source;
}

interface Element {
  readonly type: string;
  readonly action_id: string;
  readonly text?: { readonly text: string };
  readonly style?: string;
  readonly confirm?: { readonly title: { readonly text: string }; readonly text: { readonly text: string } };
  readonly placeholder?: { readonly text: string };
  readonly options?: readonly { readonly text: { readonly text: string }; readonly value: string }[];
}

/** A row of buttons and menus. A button waits for the app's answer, and says so. */
export function Actions({ state, block, source }: Props) {
  const [busy, setBusy] = useState<string>();
  const [trouble, setTrouble] = useState<string>();
  const elements = (block["elements"] ?? []) as readonly Element[];
  const act = async (element: Element, value?: string) => {
    if (
      element.confirm !== undefined &&
      !window.confirm(`${element.confirm.title.text}\n\n${element.confirm.text.text}`)
    )
      return;
    setBusy(element.action_id);
    const outcome = await slack
      .action({
        user: state.me,
        ...source,
        block_id: String(block["block_id"] ?? ""),
        action_id: element.action_id,
        ...(value === undefined ? {} : { value }),
      })
      .catch(() => undefined);
    setBusy(undefined);
    setTrouble(outcome?.ok === true ? undefined : (outcome?.error ?? "The sandbox does not answer."));
  };
  return (
    <div className="my-1 flex flex-wrap items-center gap-2">
      {elements.map((element) =>
        element.options === undefined ? (
          <button
            key={element.action_id}
            type="button"
            disabled={busy !== undefined}
            aria-busy={busy === element.action_id}
            onClick={() => void act(element)}
            className={`rounded-md border px-3 py-1 text-sm font-bold disabled:opacity-60 ${styles[element.style ?? ""] ?? "border-neutral-300 bg-white hover:bg-neutral-50"}`}
          >
            {busy === element.action_id ? "…" : element.text?.text}
          </button>
        ) : (
          <select
            key={element.action_id}
            aria-label={element.placeholder?.text ?? "Choose"}
            value=""
            onChange={(event) => void act(element, event.target.value)}
            className="rounded-md border border-neutral-300 bg-white px-2 py-1 text-sm"
          >
            <option value="">{element.placeholder?.text ?? "Choose…"}</option>
            {element.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.text.text}
              </option>
            ))}
          </select>
        ),
      )}
      {trouble === undefined ? null : (
        <span role="alert" className="text-sm text-rose-700">
          ⚠ {trouble}
        </span>
      )}
    </div>
  );
}

const styles: Readonly<Record<string, string>> = {
  primary: "border-emerald-800 bg-emerald-700 text-white hover:bg-emerald-800",
  danger: "border-rose-700 bg-white text-rose-700 hover:bg-rose-50",
};
