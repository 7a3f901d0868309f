import { Dialog } from "radix-ui";
import { useRef, useState } from "react";
import type { Values } from "../../../slack/elements/form.ts";
import type { PageView } from "../../../slack/page-api.ts";
import { slack } from "../client.ts";
import { useDirectory } from "../live/directory.tsx";
import { ModalView } from "./modal-view.tsx";

/** The stack of dialogs, of which only the one on top is seen. What was entered below it is still there afterwards. */
export function Modals({ views }: { readonly views: readonly PageView[] }) {
  const { me } = useDirectory();
  const [entered, setEntered] = useState<Readonly<Record<string, Values>>>({});
  const content = useRef<HTMLDivElement>(null);
  const top = views.at(-1);
  if (top === undefined) return null;
  const close = () => void slack.closeView(me, top.id);
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : close())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Dialog.Content
          ref={content}
          aria-describedby={undefined}
          // A click beside the dialog would lose what was entered; Slack keeps it open too.
          onPointerDownOutside={(event) => event.preventDefault()}
          onOpenAutoFocus={(event) => {
            const field = content.current?.querySelector<HTMLElement>("form :is(input, select, textarea)");
            if (field === null || field === undefined) return;
            event.preventDefault();
            field.focus();
          }}
          className="fixed top-1/2 left-1/2 z-40 flex max-h-[88dvh] w-[min(94vw,33rem)] -translate-1/2 flex-col overflow-hidden rounded-xl bg-raised text-ink shadow-2xl outline-none"
        >
          <ModalView
            key={top.id}
            view={top}
            stacked={views.length > 1}
            entered={entered[top.id] ?? none}
            onEnter={(values) => setEntered((all) => ({ ...all, [top.id]: values }))}
            onClose={close}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const none: Values = {};
