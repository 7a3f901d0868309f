import { useEffect, useState } from "react";
import type { PageState } from "../../slack/page-api.ts";
import { slack, usePageState } from "./client.ts";
import { Conversation } from "./conversation.tsx";
import { FaultsPanel } from "./faults-panel.tsx";
import { HomeTab } from "./home-tab.tsx";
import { Modal } from "./modal.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Thread } from "./thread.tsx";

/** Where the visitor is: a conversation, or the bot's Home tab. */
export type Place = { readonly kind: "channel"; readonly id: string } | { readonly kind: "home" };

export function App() {
  const [me, setMe] = useState("U0ADA");
  const [place, setPlace] = useState<Place>({ kind: "channel", id: "C0OPS" });
  const [thread, setThread] = useState<string>();
  const [sidebar, setSidebar] = useState(false);
  const [faults, setFaults] = useState(() => window.innerWidth > 1100);
  const { state, connected } = usePageState(me);

  useEffect(() => {
    if (place.kind === "home") void slack.openHome(me);
  }, [me, place.kind]);

  if (state === undefined) return <p className="p-8 text-neutral-500">Connecting to the sandbox…</p>;
  const channel = channelOf(state, place);
  const modal = state.modals.at(-1);
  const go = (next: Place) => {
    setPlace(next);
    setThread(undefined);
    setSidebar(false);
  };
  return (
    <div className="flex h-dvh flex-col bg-[#350d36] text-neutral-900">
      {connected ? null : (
        <div role="status" className="bg-amber-400 px-3 py-1 text-center text-sm">
          The sandbox does not answer. Trying again…
        </div>
      )}
      <div className="flex min-h-0 flex-1">
        <Sidebar state={state} place={place} open={sidebar} onGo={go} onPerson={setMe} />
        <main className="m-1 ml-0 flex min-w-0 flex-1 overflow-hidden rounded-lg bg-white max-md:ml-1">
          {place.kind === "home" || channel === undefined ? (
            <HomeTab state={state} onMenu={() => setSidebar(!sidebar)} />
          ) : (
            <Conversation
              state={state}
              channel={channel}
              onThread={setThread}
              onMenu={() => setSidebar(!sidebar)}
              onFaults={() => setFaults(!faults)}
            />
          )}
          {thread !== undefined && channel !== undefined ? (
            <Thread state={state} channel={channel} ts={thread} onClose={() => setThread(undefined)} />
          ) : null}
          {faults ? <FaultsPanel onClose={() => setFaults(false)} /> : null}
        </main>
      </div>
      {modal === undefined ? null : <Modal key={modal.id} state={state} view={modal} />}
    </div>
  );
}

function channelOf(state: PageState, place: Place) {
  return place.kind === "channel" ? (state.channels.find(({ id }) => id === place.id) ?? state.channels[0]) : undefined;
}
