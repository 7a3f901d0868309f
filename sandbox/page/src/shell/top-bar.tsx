import { ChevronDown, Menu, Moon, Sun, Zap } from "lucide-react";
import type { PageState } from "../../../slack/page-api.ts";
import { useTheme } from "../live/use-theme.ts";
import { Avatar } from "../messages/avatar.tsx";
import { IconButton } from "./icon-button.tsx";

interface Props {
  readonly state: PageState;
  readonly channelsOpen: boolean;
  readonly faultsOpen: boolean;
  readonly faultsOn: number;
  readonly onChannels: () => void;
  readonly onFaults: () => void;
  readonly onPerson: (id: string) => void;
}

/** The workspace, whether the bot is there, who you are, and what you can break. */
export function TopBar(props: Props) {
  const { state, channelsOpen, faultsOpen, faultsOn, onChannels, onFaults, onPerson } = props;
  const { theme, toggle } = useTheme();
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 px-3 text-white [&_button]:hover:bg-white/15">
      <IconButton icon={Menu} label="Channels" expanded={channelsOpen} onClick={onChannels} className="md:hidden" />
      <h1 className="truncate text-[17px] font-black max-sm:sr-only">
        <span aria-hidden>🐉 </span>
        Dragonfly sandbox
      </h1>
      <BotState online={state.bot_online} />
      <span className="flex-1" />
      <PersonPicker state={state} onPerson={onPerson} />
      <IconButton
        icon={theme === "dark" ? Sun : Moon}
        label={theme === "dark" ? "Use the light theme" : "Use the dark theme"}
        onClick={toggle}
      />
      <button
        type="button"
        aria-label={faultsOn === 0 ? "Faults" : `Faults, ${faultsOn} on`}
        aria-expanded={faultsOpen}
        onClick={onFaults}
        className={`flex h-8 shrink-0 items-center gap-1.5 rounded-lg px-2.5 text-[13px] font-bold ${faultsOn > 0 ? "bg-rose-600" : "bg-white/10"}`}
      >
        <Zap aria-hidden className="size-4" />
        <span className="max-sm:sr-only">Faults</span>
        {faultsOn === 0 ? null : <span>{faultsOn}</span>}
      </button>
    </header>
  );
}

function BotState({ online }: { readonly online: boolean }) {
  return (
    <p role="status" className="ml-1 flex items-center gap-1.5 text-[13px] text-white/85">
      <span
        aria-hidden
        className={`size-2.5 shrink-0 rounded-full ${online ? "bg-emerald-400" : "border-2 border-white/60"}`}
      />
      <span className="max-sm:sr-only">{online ? "The bot is online" : "The bot is offline"}</span>
    </p>
  );
}

function PersonPicker({ state, onPerson }: Pick<Props, "state" | "onPerson">) {
  return (
    <span className="relative flex min-w-0 items-center rounded-lg bg-white/10 pl-1 focus-within:ring-2 focus-within:ring-white/70 hover:bg-white/15">
      <Avatar user={state.me} size="small" />
      <select
        aria-label="Who you are"
        value={state.me}
        onChange={(event) => onPerson(event.target.value)}
        className="h-8 min-w-0 cursor-pointer appearance-none truncate bg-transparent pr-7 pl-2 text-[13px] font-bold outline-none [&>option]:bg-white [&>option]:text-black"
      >
        {state.people
          .filter(({ is_bot }) => !is_bot)
          .map((person) => (
            <option key={person.id} value={person.id}>
              {person.real_name}, {person.part}
            </option>
          ))}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute right-2 size-4" />
    </span>
  );
}
