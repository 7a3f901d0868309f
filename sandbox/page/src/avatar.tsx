const colours = ["bg-sky-600", "bg-emerald-600", "bg-amber-600", "bg-rose-600", "bg-violet-600"];

export function Avatar({
  name,
  id,
  bot = false,
}: {
  readonly name: string;
  readonly id: string;
  readonly bot?: boolean;
}) {
  const initials = name
    .split(" ")
    .map((word) => word[0])
    .join("")
    .slice(0, 2);
  const colour = colours[[...id].reduce((sum, character) => sum + character.charCodeAt(0), 0) % colours.length];
  return (
    <span
      aria-hidden
      className={`flex size-9 shrink-0 items-center justify-center rounded-lg text-sm font-bold text-white ${bot ? "bg-[#4a154b] text-xl" : colour}`}
    >
      {bot ? "🐉" : initials}
    </span>
  );
}
