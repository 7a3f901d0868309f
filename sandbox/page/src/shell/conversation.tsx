import { Hash } from "lucide-react";
import { useState } from "react";
import type { Channel, Outcome, PageState } from "../../../slack/page-api.ts";
import { Composer } from "../composer/composer.tsx";
import { Avatar } from "../messages/avatar.tsx";
import { MessageList } from "../messages/message-list.tsx";
import type { Note } from "../messages/timeline.ts";
import { PaneHeader } from "./pane-header.tsx";

export interface ConversationProps {
  readonly state: PageState;
  readonly channel: Channel;
  readonly notes: readonly Note[];
  readonly onSend: (line: string) => Promise<Outcome>;
  readonly onDismiss: (id: number) => void;
}

/** A channel or direct conversation, without what was said in threads. */
export function Conversation(props: ConversationProps & { readonly onThread: (ts: string) => void }) {
  const { state, channel, notes, onSend, onDismiss, onThread } = props;
  const [sent, setSent] = useState(0);
  const bot = state.people.find(({ is_bot }) => is_bot);
  const name = channel.is_im ? (bot?.real_name ?? channel.name) : channel.name;
  return (
    <section aria-label={`Channel ${name}`} className="flex min-w-0 flex-1 flex-col">
      <PaneHeader>
        {channel.is_im && bot !== undefined ? (
          <Avatar user={bot.id} size="small" />
        ) : (
          <Hash aria-hidden className="size-4.5" />
        )}
        <h2 className="min-w-0 truncate text-[18px] font-black">{name}</h2>
        {channel.bot_is_member ? null : (
          <span className="ml-1 truncate rounded-full bg-subtle px-2.5 py-0.5 text-[12px] text-muted">
            The bot is not in this channel
          </span>
        )}
      </PaneHeader>
      <MessageList
        label="Messages"
        messages={state.messages.filter(
          (message) =>
            message.channel === channel.id && (message.thread_ts === undefined || message.thread_ts === message.ts),
        )}
        notes={notes.filter((note) => note.channel === channel.id && note.thread === undefined)}
        sent={sent}
        empty={<Welcome />}
        onThread={onThread}
        onDismiss={onDismiss}
      />
      <Composer
        autoFocus
        label={`Message ${channel.is_im ? name : `#${name}`}`}
        commands={state.commands}
        onSend={(line) => {
          setSent((count) => count + 1);
          return onSend(line);
        }}
      />
    </section>
  );
}

function Welcome() {
  return (
    <div className="m-auto max-w-md px-6 py-10 text-center text-muted">
      <p aria-hidden className="text-[44px] leading-none">
        🐉
      </p>
      <p className="mt-4 text-[20px] font-black text-ink">Ask about the cluster</p>
      <p className="mt-1.5">
        Type{" "}
        <code className="rounded border border-line bg-code px-1 font-mono text-[13px] text-code-ink">
          /dragonfly status
        </code>{" "}
        below. Then break something with Faults, and ask again.
      </p>
    </div>
  );
}
