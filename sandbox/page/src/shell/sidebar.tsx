import { Hash, House, type LucideIcon, MessageSquare } from "lucide-react";
import type { ReactNode } from "react";
import type { PageState } from "../../../slack/page-api.ts";
import { directChannel, type Place } from "./place.ts";

interface Props {
  readonly state: PageState;
  readonly place: Place;
  readonly unread: Readonly<Record<string, number>>;
  /** On a narrow window it lies over the rest, and only when asked for. */
  readonly open: boolean;
  readonly onGo: (place: Place) => void;
  readonly onClose: () => void;
}

/** Where one can go. */
export function Sidebar({ state, place, unread, open, onGo, onClose }: Props) {
  const bot = state.people.find(({ is_bot }) => is_bot)?.real_name ?? "The app";
  const direct = directChannel(state);
  const channels = state.channels.filter(({ is_im, is_member }) => !is_im && is_member);
  return (
    <>
      {open ? (
        <button
          type="button"
          aria-label="Close the channels"
          onClick={onClose}
          className="fixed inset-0 z-20 bg-black/50 md:hidden"
        />
      ) : null}
      <nav
        aria-label="Channels"
        className={`w-60 shrink-0 flex-col gap-5 overflow-y-auto rounded-l-lg bg-sidebar px-2 py-4 text-sidebar-ink max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:z-30 max-md:w-72 max-md:rounded-none max-md:shadow-2xl ${open ? "flex" : "flex max-md:hidden"}`}
      >
        <Group title="Channels">
          {channels.map((channel) => (
            <Item
              key={channel.id}
              icon={Hash}
              text={channel.name}
              note={channel.bot_is_member ? "" : "bot not in"}
              unread={unread[channel.id] ?? 0}
              here={place.kind === "channel" && place.id === channel.id}
              onClick={() => onGo({ kind: "channel", id: channel.id })}
            />
          ))}
        </Group>
        <Group title={bot}>
          <Item icon={House} text="Home" here={place.kind === "home"} onClick={() => onGo({ kind: "home" })} />
          {direct === undefined ? null : (
            <Item
              icon={MessageSquare}
              text="Direct messages"
              unread={unread[direct.id] ?? 0}
              here={place.kind === "channel" && place.id === direct.id}
              onClick={() => onGo({ kind: "channel", id: direct.id })}
            />
          )}
        </Group>
      </nav>
    </>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section>
      <h2 className="px-3 pb-1 text-[13px] font-bold opacity-80">{title}</h2>
      {children}
    </section>
  );
}

interface ItemProps {
  readonly icon: LucideIcon;
  readonly text: string;
  readonly note?: string;
  readonly unread?: number;
  readonly here: boolean;
  readonly onClick: () => void;
}

function Item({ icon: Icon, text, note = "", unread = 0, here, onClick }: ItemProps) {
  const look = here
    ? "bg-sidebar-here text-sidebar-here-ink"
    : `hover:bg-white/10 ${unread > 0 ? "font-black text-white" : ""}`;
  return (
    <button
      type="button"
      aria-current={here ? "page" : undefined}
      onClick={onClick}
      className={`flex h-7 w-full items-center gap-2 rounded-md px-3 text-left max-md:h-9 ${look}`}
    >
      <Icon aria-hidden className="size-4 shrink-0 opacity-80" />
      <span className="min-w-0 flex-1 truncate">{text}</span>
      {note === "" ? null : <span className="text-[11px] font-normal opacity-75">{note}</span>}
      {unread > 0 && !here ? (
        <span className="rounded-full bg-rose-600 px-1.5 text-[11px] font-bold text-white">
          {unread}
          <span className="sr-only"> unread</span>
        </span>
      ) : null}
    </button>
  );
}
