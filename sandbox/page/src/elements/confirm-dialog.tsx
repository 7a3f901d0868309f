import { AlertDialog } from "radix-ui";
import type { Confirm } from "../../../slack/elements/schema.ts";
import { withEmoji } from "../text/emoji.ts";
import { SlackText } from "../text/slack-text.tsx";

interface Props {
  readonly confirm: Confirm;
  readonly onConfirm: () => void;
  readonly onDeny: () => void;
}

/** "Are you sure?", in the app's words. */
export function ConfirmDialog({ confirm, onConfirm, onDeny }: Props) {
  const danger = confirm.style === "danger";
  return (
    <AlertDialog.Root open onOpenChange={(open) => (open ? undefined : onDeny())}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-50 bg-black/50" />
        <AlertDialog.Content className="fixed top-1/2 left-1/2 z-50 w-[min(92vw,30rem)] -translate-1/2 rounded-xl bg-raised p-6 text-ink shadow-2xl">
          <AlertDialog.Title className="text-xl font-black">{withEmoji(confirm.title.text)}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-3">
              <SlackText text={confirm.text} />
            </div>
          </AlertDialog.Description>
          <div className="mt-6 flex justify-end gap-2.5">
            <AlertDialog.Cancel className="h-9 rounded-lg border border-line-strong px-4 font-bold hover:bg-hover">
              {withEmoji(confirm.deny.text)}
            </AlertDialog.Cancel>
            <AlertDialog.Action
              onClick={onConfirm}
              className={`h-9 rounded-lg px-4 font-bold text-white ${danger ? "bg-danger hover:bg-danger-hover" : "bg-primary hover:bg-primary-hover"}`}
            >
              {withEmoji(confirm.confirm.text)}
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
