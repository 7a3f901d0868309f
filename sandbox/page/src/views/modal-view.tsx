import { ChevronLeft, LoaderCircle, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import type { Values } from "../../../slack/elements/form.ts";
import type { PageView } from "../../../slack/page-api.ts";
import { Blocks } from "../blocks/blocks.tsx";
import { slack } from "../client.ts";
import { Trouble } from "../elements/trouble.tsx";
import { useDirectory } from "../live/directory.tsx";
import { IconButton } from "../shell/icon-button.tsx";
import { withEmoji } from "../text/emoji.ts";
import { FormProvider } from "./form.ts";
import { useViewForm } from "./use-view-form.ts";

interface Props {
  readonly view: PageView;
  /** Another view is below this one. */
  readonly stacked: boolean;
  readonly entered: Values;
  readonly onEnter: (values: Values) => void;
  readonly onClose: () => void;
}

/** One dialog: title, blocks, and the buttons that the app named. */
export function ModalView({ view, stacked, entered, onEnter, onClose }: Props) {
  const { me } = useDirectory();
  const { form, values, check } = useViewForm(view, entered, onEnter);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const submit = async () => {
    setTrouble(undefined);
    if (busy || !check()) return;
    setBusy(true);
    const { ok, error } = await slack.submitView({ user: me, view_id: view.id, values });
    setBusy(false);
    if (!ok) setTrouble(error ?? "This did not work.");
  };
  const title = withEmoji(view.title);
  // Beside mistakes in fields a general word adds nothing.
  const general = Object.keys(view.errors).length > 0 ? undefined : trouble;
  return (
    <form
      noValidate
      className="flex min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (view.submit !== undefined) void submit();
      }}
    >
      <header className="flex items-center gap-2 border-b border-line py-3 pr-3 pl-6">
        {stacked ? <IconButton icon={ChevronLeft} label="Back" onClick={onClose} className="-ml-3" /> : null}
        <Dialog.Title className="min-w-0 flex-1 truncate text-[20px] font-black">{title}</Dialog.Title>
        <IconButton icon={X} label="Close the dialog" onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-6 py-4">
        <FormProvider value={form}>
          <Blocks blocks={view.blocks} source={{ view_id: view.id }} />
        </FormProvider>
      </div>
      <footer className="flex flex-wrap items-center justify-end gap-2.5 border-t border-line px-6 py-3.5">
        <div className="min-w-0 flex-1">
          <Trouble text={general} />
        </div>
        <button
          type="button"
          onClick={onClose}
          className="h-9 rounded-lg border border-line-strong px-4 font-bold hover:bg-hover"
        >
          {withEmoji(view.close ?? "Cancel")}
        </button>
        {view.submit === undefined ? null : (
          <button
            type="submit"
            disabled={busy}
            aria-busy={busy}
            className="relative inline-flex h-9 items-center justify-center rounded-lg bg-primary px-4 font-bold text-white hover:bg-primary-hover disabled:opacity-70"
          >
            <span className={busy ? "opacity-0" : ""}>{withEmoji(view.submit)}</span>
            {busy ? <LoaderCircle aria-hidden className="absolute size-4 animate-spin" /> : null}
          </button>
        )}
      </footer>
    </form>
  );
}
