import { ArrowDown } from "lucide-react";
import type { ReactNode } from "react";
import type { PageMessage } from "../../../slack/page-api.ts";
import { MessageRow } from "./message-row.tsx";
import { NoteRow } from "./note-row.tsx";
import { type Note, timeline } from "./timeline.ts";
import { useFollow } from "./use-follow.ts";

interface Props {
  readonly label: string;
  readonly messages: readonly PageMessage[];
  readonly notes: readonly Note[];
  /** Grows when the visitor sends something, which leads back to the end. */
  readonly sent: number;
  readonly empty?: ReactNode;
  /** A thread begins at the top of its pane; a channel rests on the composer. */
  readonly fromTop?: boolean;
  readonly onThread?: (ts: string) => void;
  readonly onDismiss: (id: number) => void;
}

/** A conversation that keeps its end in view while nobody scrolls up. */
export function MessageList({ label, messages, notes, sent, empty, fromTop = false, onThread, onDismiss }: Props) {
  const entries = timeline(messages, notes, new Date());
  const last = messages.at(-1);
  const { scroller, content, away, toEnd } = useFollow(`${entries.length} ${last?.ts} ${last?.text}`, sent);
  return (
    <div className="relative min-h-0 flex-1">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <div ref={scroller} role="log" aria-label={label} tabIndex={0} className="h-full overflow-y-auto outline-none">
        <div ref={content} className={`flex min-h-full flex-col pt-4 pb-3 ${fromTop ? "" : "justify-end"}`}>
          {entries.length === 0 ? empty : null}
          {entries.map((entry) =>
            entry.kind === "day" ? (
              <DayLine key={entry.key} label={entry.label} />
            ) : entry.kind === "note" ? (
              <NoteRow key={entry.key} note={entry.note} onDismiss={onDismiss} />
            ) : (
              <MessageRow
                key={entry.key}
                message={entry.message}
                compact={entry.compact}
                {...(onThread === undefined ? {} : { onThread })}
              />
            ),
          )}
        </div>
      </div>
      {away ? (
        <button
          type="button"
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 flex -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3.5 py-1.5 text-[13px] font-bold text-white shadow-lg"
        >
          <ArrowDown aria-hidden className="size-4" />
          Jump to latest
        </button>
      ) : null}
    </div>
  );
}

function DayLine({ label }: { readonly label: string }) {
  return (
    <div className="my-2 flex items-center gap-3 px-5">
      <span className="h-px flex-1 bg-line" />
      <span className="rounded-full border border-line px-3 py-0.5 text-[13px] font-bold">{label}</span>
      <span className="h-px flex-1 bg-line" />
    </div>
  );
}
