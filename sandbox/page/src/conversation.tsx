import { useEffect, useRef } from "react";
import type { Channel, PageState } from "../../slack/page-api.ts";
import { Composer } from "./composer.tsx";
import { MessageRow } from "./message-row.tsx";

interface Props {
  readonly state: PageState;
  readonly channel: Channel;
  readonly onThread: (ts: string) => void;
  readonly onMenu: () => void;
  readonly onFaults: () => void;
}

export function Conversation({ state, channel, onThread, onMenu, onFaults }: Props) {
  const messages = state.messages.filter(
    (message) => message.channel === channel.id && message.thread_ts === undefined,
  );
  const end = useRef<HTMLDivElement>(null);
  const latest = messages.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when the last message is new or has changed
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [messages.length, latest?.text]);
  return (
    <section aria-label={`Channel ${channel.name}`} className="flex min-w-0 flex-1 flex-col">
      <header className="flex items-center gap-2 border-b border-neutral-200 px-4 py-2.5">
        <button
          type="button"
          aria-label="Channels"
          onClick={onMenu}
          className="rounded px-2 py-1 hover:bg-neutral-100 md:hidden"
        >
          ☰
        </button>
        <h2 className="min-w-0 flex-1 truncate text-lg font-bold">
          {channel.is_im ? "Direct messages with Dragonfly" : `# ${channel.name}`}
        </h2>
        <button
          type="button"
          onClick={onFaults}
          className="rounded-md border border-neutral-300 px-2.5 py-1 text-sm font-semibold hover:bg-neutral-100"
        >
          Faults
        </button>
      </header>
      <div role="log" aria-label="Messages" className="min-h-0 flex-1 overflow-y-auto py-3">
        {messages.length === 0 ? <Welcome /> : null}
        {messages.map((message) => (
          <MessageRow key={`${message.channel}${message.ts}`} state={state} message={message} onThread={onThread} />
        ))}
        <div ref={end} />
      </div>
      <Composer key={channel.id} state={state} channel={channel} />
    </section>
  );
}

function Welcome() {
  return (
    <div className="mx-auto mt-16 max-w-md px-6 text-center text-neutral-600">
      <p className="text-4xl">🐉</p>
      <p className="mt-3 text-lg font-bold text-neutral-900">Ask about the cluster</p>
      <p className="mt-1">
        Type <code className="rounded bg-neutral-100 px-1 text-rose-700">/dragonfly status</code> below. Then break
        something with the Faults panel and ask again.
      </p>
    </div>
  );
}
