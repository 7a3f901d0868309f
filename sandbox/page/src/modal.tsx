import { useEffect, useRef, useState } from "react";
import type { Block, PageState, PageView } from "../../slack/page-api.ts";
import { Blocks } from "./blocks.tsx";
import { slack } from "./client.ts";
import { Field, type FieldValue } from "./field.tsx";

type Values = Readonly<Record<string, Readonly<Record<string, FieldValue>>>>;

/** The dialog on top. Inputs are ours; everything else is drawn as in a message. */
export function Modal({ state, view }: { readonly state: PageState; readonly view: PageView }) {
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => void slack.closeView({ user: state.me, view_id: view.id });
  const submit = async () => {
    setBusy(true);
    const outcome = await slack.submitView({ user: state.me, view_id: view.id, values }).catch(() => undefined);
    setBusy(false);
    setTrouble(outcome?.ok === true ? undefined : (outcome?.error ?? "The sandbox does not answer."));
  };
  return (
    <dialog
      ref={dialog}
      aria-label={view.title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      className="m-auto flex max-h-[85dvh] w-[min(92vw,36rem)] flex-col rounded-lg bg-white p-0 shadow-2xl backdrop:bg-black/60"
    >
      <header className="flex items-center border-b border-neutral-200 px-5 py-3">
        <h2 className="flex-1 text-lg font-extrabold">{view.title}</h2>
        <button
          type="button"
          aria-label="Close the dialog"
          onClick={close}
          className="rounded px-2 py-1 hover:bg-neutral-100"
        >
          ✕
        </button>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
        {groups(view.blocks).map((group) =>
          group.input === undefined ? (
            <Blocks key={group.key} state={state} blocks={group.blocks} source={{ view_id: view.id }} />
          ) : (
            <Field
              key={group.key}
              block={group.input}
              people={state.people}
              error={view.errors[String(group.input["block_id"] ?? "")]}
              onChange={(blockId, actionId, value) =>
                setValues((old) => ({ ...old, [blockId]: { ...old[blockId], [actionId]: value } }))
              }
            />
          ),
        )}
        {trouble === undefined ? null : (
          <p role="alert" className="mt-2 text-sm text-rose-700">
            ⚠ {trouble}
          </p>
        )}
      </div>
      <footer className="flex justify-end gap-2 border-t border-neutral-200 px-5 py-3">
        <button
          type="button"
          onClick={close}
          className="rounded-md border border-neutral-300 px-4 py-1.5 font-bold hover:bg-neutral-50"
        >
          {view.close ?? "Cancel"}
        </button>
        {view.submit === undefined ? null : (
          <button
            type="button"
            disabled={busy}
            onClick={() => void submit()}
            className="rounded-md bg-emerald-700 px-4 py-1.5 font-bold text-white disabled:opacity-60"
          >
            {busy ? "…" : view.submit}
          </button>
        )}
      </footer>
    </dialog>
  );
}

interface Group {
  readonly key: string;
  readonly input: Block | undefined;
  readonly blocks: readonly Block[];
}

function groups(blocks: readonly Block[]): readonly Group[] {
  const result: { key: string; input: Block | undefined; blocks: Block[] }[] = [];
  for (const [index, block] of blocks.entries()) {
    const last = result.at(-1);
    if (block.type === "input") result.push({ key: String(index), input: block, blocks: [] });
    else if (last !== undefined && last.input === undefined) last.blocks.push(block);
    else result.push({ key: String(index), input: undefined, blocks: [block] });
  }
  return result;
}
