import { useEffect, useState } from "react";
import type { Outcome, PageState } from "../../slack/page-api.ts";
import { slack } from "./client.ts";
import { DirectoryProvider } from "./live/directory.tsx";
import { useFaults } from "./live/use-faults.ts";
import { useIdentity, useIdentityInAddress } from "./live/use-identity.ts";
import { useNotes } from "./live/use-notes.ts";
import { usePageState } from "./live/use-page-state.ts";
import { useTheme } from "./live/use-theme.ts";
import { useUnread } from "./live/use-unread.ts";
import { Conversation } from "./shell/conversation.tsx";
import { FaultsPanel } from "./shell/faults-panel.tsx";
import { HomeTab } from "./shell/home-tab.tsx";
import { channelAt, type Place } from "./shell/place.ts";
import { Sidebar } from "./shell/sidebar.tsx";
import { Thread } from "./shell/thread.tsx";
import { TopBar } from "./shell/top-bar.tsx";
import { Modals } from "./views/modals.tsx";

const wideEnoughForFaults = 1_280;

export function App() {
  const [me, setMe] = useIdentity();
  useTheme();
  if (me === undefined) return <Connecting />;
  return <Live me={me} onPerson={setMe} />;
}

function Live({ me, onPerson }: { readonly me: string; readonly onPerson: (id: string) => void }) {
  const { state, connected } = usePageState(me);
  const [last, setLast] = useState<PageState>();
  // While another person's state is on its way the old one stays, so that nothing flickers.
  if (state !== undefined && state !== last) setLast(state);
  useIdentityInAddress(state);
  const shown = state ?? last;
  if (shown === undefined) return <Connecting />;
  return (
    <DirectoryProvider state={shown}>
      <Workspace state={shown} connected={connected} onPerson={onPerson} />
    </DirectoryProvider>
  );
}

interface WorkspaceProps {
  readonly state: PageState;
  readonly connected: boolean;
  readonly onPerson: (id: string) => void;
}

function Workspace({ state, connected, onPerson }: WorkspaceProps) {
  const { me } = state;
  const [wanted, setWanted] = useState<Place>();
  const [thread, setThread] = useState<string>();
  const [sidebar, setSidebar] = useState(false);
  const [panel, setPanel] = useState(() => window.innerWidth >= wideEnoughForFaults);
  const faults = useFaults();
  const { notes, add, dismiss } = useNotes(me);

  const channel = channelAt(state, wanted);
  const place: Place = channel === undefined ? { kind: "home" } : { kind: "channel", id: channel.id };
  const unread = useUnread(state, channel?.id);
  const direct = channel?.is_im === true ? channel.id : undefined;
  useEffect(() => {
    // The app hears of its messages being opened as it does of its Home tab.
    if (direct !== undefined) void slack.openHome(me, "messages");
  }, [me, direct]);
  const go = (next: Place) => {
    setWanted(next);
    setThread(undefined);
    setSidebar(false);
  };
  const send = async (line: string, inThread: string | undefined): Promise<Outcome> => {
    if (channel === undefined) return { ok: false };
    const input = {
      user: me,
      channel: channel.id,
      text: line,
      ...(inThread === undefined ? {} : { thread_ts: inThread }),
    };
    const outcome = await (line.startsWith("/") ? slack.command(input) : slack.say(input));
    if (!outcome.ok) add(channel.id, inThread, outcome.error ?? "This did not work.");
    return outcome;
  };
  return (
    <div className="flex h-dvh flex-col bg-rail">
      <TopBar
        state={state}
        channelsOpen={sidebar}
        faultsOpen={panel}
        faultsOn={faults.faults.filter(({ on }) => on).length}
        onChannels={() => setSidebar(!sidebar)}
        onFaults={() => setPanel(!panel)}
        onPerson={(id) => {
          setThread(undefined);
          onPerson(id);
        }}
      />
      {connected ? null : (
        <p role="status" className="bg-amber-300 px-3 py-1 text-center text-[13px] font-bold text-black">
          The sandbox does not answer. Trying again…
        </p>
      )}
      <div className="flex min-h-0 flex-1 px-1 pb-1">
        <Sidebar
          state={state}
          place={place}
          unread={unread}
          open={sidebar}
          onGo={go}
          onClose={() => setSidebar(false)}
        />
        <main className="relative flex min-w-0 flex-1 overflow-hidden rounded-r-lg bg-surface text-ink max-md:rounded-lg">
          {channel === undefined ? (
            <HomeTab state={state} />
          ) : (
            <Conversation
              key={`${me} ${channel.id}`}
              state={state}
              channel={channel}
              notes={notes}
              onSend={(line) => send(line, undefined)}
              onThread={setThread}
              onDismiss={dismiss}
            />
          )}
          {thread !== undefined && channel !== undefined ? (
            <Thread
              key={thread}
              state={state}
              channel={channel}
              ts={thread}
              notes={notes}
              onSend={(line) => send(line, thread)}
              onDismiss={dismiss}
              onClose={() => setThread(undefined)}
            />
          ) : null}
          {panel ? <FaultsPanel faults={faults} onClose={() => setPanel(false)} /> : null}
        </main>
      </div>
      <Modals views={state.modals} />
    </div>
  );
}

function Connecting() {
  return (
    <p role="status" className="flex h-dvh items-center justify-center bg-surface text-muted">
      Connecting to the sandbox…
    </p>
  );
}
