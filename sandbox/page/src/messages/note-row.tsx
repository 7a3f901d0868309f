import { Eye, MessageCircleWarning } from "lucide-react";
import { AppBadge } from "./message-row.tsx";
import type { Note } from "./timeline.ts";

/** Slackbot, saying to one person what did not work. */
export function NoteRow({ note, onDismiss }: { readonly note: Note; readonly onDismiss: (id: number) => void }) {
  return (
    <article aria-label="Message from Slackbot" className="flex gap-2.5 bg-private px-5 py-2 max-sm:px-3">
      <span
        aria-hidden
        className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-neutral-600 text-white"
      >
        <MessageCircleWarning className="size-5" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-1.5 text-[12px] leading-snug text-muted">
          <Eye aria-hidden className="size-3.5" />
          Only visible to you
        </p>
        <p className="flex items-baseline gap-2">
          <span className="font-black">Slackbot</span>
          <AppBadge />
        </p>
        <p role="alert" className="wrap-anywhere">
          {note.text}
        </p>
        <button type="button" onClick={() => onDismiss(note.id)} className="text-[13px] text-link hover:underline">
          Dismiss
        </button>
      </div>
    </article>
  );
}
