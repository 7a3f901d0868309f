import type { PageState } from "../../slack/page-api.ts";
import type { Place } from "./app.tsx";
import { Avatar } from "./avatar.tsx";

interface Props {
  readonly state: PageState;
  readonly place: Place;
  readonly open: boolean;
  readonly onGo: (place: Place) => void;
  readonly onPerson: (id: string) => void;
}

/** Who you are, and where you can go. */
export function Sidebar({ state, place, open, onGo, onPerson }: Props) {
  const bot = state.people.find(({ is_bot }) => is_bot);
  const me = state.people.find(({ id }) => id === state.me);
  const here = (id: string) => place.kind === "channel" && place.id === id;
  return (
    <nav
      aria-label="Channels"
      className={`w-60 shrink-0 flex-col gap-4 overflow-y-auto p-3 text-[#d9c9da] max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:z-20 max-md:bg-[#350d36] max-md:shadow-2xl ${open ? "flex" : "flex max-md:hidden"}`}
    >
      <h1 className="px-2 text-lg font-extrabold text-white">Dragonfly sandbox</h1>
      <label className="flex items-center gap-2 rounded-lg bg-white/10 p-2">
        <Avatar name={me?.real_name ?? "?"} id={state.me} />
        <span className="min-w-0 flex-1">
          <span className="block text-xs">You are</span>
          <select
            aria-label="Who you are"
            className="w-full bg-transparent text-sm font-semibold text-white outline-none [&>option]:text-black"
            value={state.me}
            onChange={(event) => onPerson(event.target.value)}
          >
            {state.people
              .filter(({ is_bot }) => !is_bot)
              .map((person) => (
                <option key={person.id} value={person.id}>
                  {person.real_name}, {person.part}
                </option>
              ))}
          </select>
        </span>
      </label>
      <Group title="Channels">
        {state.channels
          .filter(({ is_im, is_member }) => !is_im && is_member)
          .map((channel) => (
            <Item
              key={channel.id}
              active={here(channel.id)}
              onClick={() => onGo({ kind: "channel", id: channel.id })}
              mark="#"
              text={channel.name}
              note={channel.bot_is_member ? "" : "bot not in"}
            />
          ))}
      </Group>
      <Group title="Apps">
        <Item
          active={place.kind === "home"}
          onClick={() => onGo({ kind: "home" })}
          mark="🐉"
          text={bot?.real_name ?? "Bot"}
          note={state.bot_online ? "" : "offline"}
        />
        {state.channels
          .filter(({ is_im }) => is_im)
          .map((channel) => (
            <Item
              key={channel.id}
              active={here(channel.id)}
              onClick={() => onGo({ kind: "channel", id: channel.id })}
              mark="✉"
              text="Direct messages"
              note=""
            />
          ))}
      </Group>
    </nav>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section>
      <h2 className="px-2 pb-1 text-sm">{title}</h2>
      {children}
    </section>
  );
}

interface ItemProps {
  readonly active: boolean;
  readonly onClick: () => void;
  readonly mark: string;
  readonly text: string;
  readonly note: string;
}

function Item({ active, onClick, mark, text, note }: ItemProps) {
  return (
    <button
      type="button"
      aria-current={active ? "page" : undefined}
      onClick={onClick}
      className={`flex w-full items-center gap-2 rounded-md px-2 py-1 text-left ${active ? "bg-white font-semibold text-[#350d36]" : "hover:bg-white/10"}`}
    >
      <span className="w-4 text-center opacity-70">{mark}</span>
      <span className="min-w-0 flex-1 truncate">{text}</span>
      {note === "" ? null : <span className="text-xs opacity-60">{note}</span>}
    </button>
  );
}
