import { useDirectory } from "../live/directory.tsx";

const colours = ["bg-sky-700", "bg-emerald-700", "bg-violet-700", "bg-rose-700", "bg-amber-700", "bg-teal-700"];
const sizes = { small: "size-6 rounded text-[10px]", large: "size-9 rounded-lg text-[13px]" } as const;

/** Initials, in a colour for each person; the bot has its own face. */
export function Avatar({ user, size = "large" }: { readonly user: string; readonly size?: keyof typeof sizes }) {
  const { people } = useDirectory();
  const index = people.findIndex(({ id }) => id === user);
  const person = people[index];
  const bot = person?.is_bot === true;
  const initials = (person?.real_name ?? "?")
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .join("")
    .slice(0, 2);
  const look = bot
    ? "bg-[#4a154b] font-emoji text-[1.6em]"
    : `${colours[Math.max(index, 0) % colours.length]} text-white`;
  return (
    <span
      aria-hidden
      className={`flex shrink-0 items-center justify-center font-bold select-none ${sizes[size]} ${look}`}
    >
      {bot ? "🐉" : initials}
    </span>
  );
}
