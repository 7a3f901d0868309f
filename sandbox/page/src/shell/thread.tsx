import { X } from "lucide-react";
import { useState } from "react";
import { Composer } from "../composer/composer.tsx";
import { MessageList } from "../messages/message-list.tsx";
import type { ConversationProps } from "./conversation.tsx";
import { IconButton } from "./icon-button.tsx";
import { PaneHeader } from "./pane-header.tsx";

interface Props extends ConversationProps {
  readonly ts: string;
  readonly onClose: () => void;
}

/** A message and its replies, beside the channel, or over it on a narrow window. */
export function Thread({ state, channel, ts, notes, onSend, onDismiss, onClose }: Props) {
  const [sent, setSent] = useState(0);
  const messages = state.messages.filter(
    (message) => message.channel === channel.id && (message.ts === ts || message.thread_ts === ts),
  );
  return (
    <aside
      aria-label="Thread"
      className="flex w-96 shrink-0 flex-col border-l border-line bg-surface max-lg:absolute max-lg:inset-0 max-lg:z-10 max-lg:w-auto max-lg:border-l-0"
    >
      <PaneHeader>
        <h2 className="text-[18px] font-black">Thread</h2>
        <span className="min-w-0 flex-1 truncate text-[13px] text-muted">
          {channel.is_im ? "" : `#${channel.name}`}
        </span>
        <IconButton icon={X} label="Close the thread" onClick={onClose} />
      </PaneHeader>
      <MessageList
        label="Replies"
        fromTop
        messages={messages}
        notes={notes.filter((note) => note.channel === channel.id && note.thread === ts)}
        sent={sent}
        empty={<p className="m-auto p-6 text-muted">This message was deleted.</p>}
        onDismiss={onDismiss}
      />
      <Composer
        autoFocus
        label="Reply"
        commands={state.commands}
        onSend={(line) => {
          setSent((count) => count + 1);
          return onSend(line);
        }}
      />
    </aside>
  );
}
