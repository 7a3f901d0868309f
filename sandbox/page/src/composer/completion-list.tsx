import type { Completion } from "./completions.ts";

interface Props {
  readonly id: string;
  readonly offered: readonly Completion[];
  readonly marked: number;
  readonly onPick: (line: string) => void;
}

/** What the line could become. The focus stays in the text; the keys are the composer's. */
export function CompletionList({ id, offered, marked, onPick }: Props) {
  return (
    <div className="absolute inset-x-5 bottom-full z-20 mb-2 overflow-hidden rounded-lg border border-line bg-raised shadow-xl max-sm:inset-x-3">
      <p className="flex gap-4 border-b border-line bg-subtle px-4 py-1.5 text-[12px] text-muted">
        <span className="flex-1 font-bold">Commands</span>
        <span className="max-sm:hidden">
          <kbd>↑ ↓</kbd> to choose
        </span>
        <span className="max-sm:hidden">
          <kbd>Tab</kbd> to complete
        </span>
      </p>
      <div id={id} role="listbox" aria-label="Commands" className="max-h-72 overflow-y-auto py-1.5">
        {offered.map(({ line, more, description }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the composer has the focus and hears the keys
          <div
            key={line}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === marked}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onPick(line)}
            className={`group cursor-pointer px-4 py-1.5 ${index === marked ? "bg-accent text-white" : "hover:bg-subtle"}`}
          >
            <p className="truncate">
              <span className="font-bold">{line}</span>
              {more === "" ? null : <span className="ml-2 opacity-90">{more}</span>}
            </p>
            {description === "" ? null : <p className="truncate text-[13px] opacity-90">{description}</p>}
          </div>
        ))}
      </div>
    </div>
  );
}
