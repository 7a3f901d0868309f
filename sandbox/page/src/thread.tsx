import type { Channel, PageState } from "../../slack/page-api.ts";
import { Composer } from "./composer.tsx";
import { MessageRow } from "./message-row.tsx";

interface Props {
  readonly state: PageState;
  readonly channel: Channel;
  readonly ts: string;
  readonly onClose: () => void;
}

export function Thread({ state, channel, ts, onClose }: Props) {
  const messages = state.messages.filter(
    (message) => message.channel === channel.id && (message.ts === ts || message.thread_ts === ts),
  );
  return (
    <aside
      aria-label="Thread"
      className="flex w-96 flex-col border-l border-neutral-200 bg-white max-lg:absolute max-lg:inset-1 max-lg:z-10 max-lg:w-auto max-lg:rounded-lg"
    >
      <header className="flex items-center border-b border-neutral-200 px-4 py-2.5">
        <h2 className="flex-1 text-lg font-bold">Thread</h2>
        <button
          type="button"
          aria-label="Close the thread"
          onClick={onClose}
          className="rounded px-2 py-1 hover:bg-neutral-100"
        >
          ✕
        </button>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto py-3">
        {messages.map((message) => (
          <MessageRow key={message.ts} state={state} message={message} onThread={undefined} />
        ))}
      </div>
      <Composer state={state} channel={channel} threadTs={ts} />
    </aside>
  );
}
