import { LoaderCircle, SendHorizontal, SquareSlash } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import type { Outcome, SlashCommand } from "../../../slack/page-api.ts";
import { CompletionList } from "./completion-list.tsx";
import { completions } from "./completions.ts";

interface Props {
  readonly label: string;
  readonly commands: readonly SlashCommand[];
  readonly onSend: (line: string) => Promise<Outcome>;
  readonly autoFocus?: boolean;
}

/** Where one types: commands with completion, and with the arrow keys what was sent before. */
export function Composer({ label, commands, onSend, autoFocus = false }: Props) {
  const [text, setText] = useState("");
  const [marked, setMarked] = useState<number>();
  const [closed, setClosed] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const [sent, setSent] = useState<readonly string[]>([]);
  const [recalled, setRecalled] = useState(0);
  const box = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const offered = closed ? [] : completions(commands, text);
  const pick = offered[marked ?? 0];

  const write = (next: string) => {
    setText(next);
    setMarked(undefined);
    setClosed(false);
    box.current?.focus();
  };
  const complete = (line: string) => write(`${line} `);
  const send = async () => {
    const line = text.trim();
    if (line === "") return;
    write("");
    setSent((lines) => [...lines.filter((other) => other !== line), line]);
    setRecalled(0);
    setWaiting((count) => count + 1);
    await onSend(line);
    setWaiting((count) => count - 1);
  };
  const recall = (back: number) => {
    const next = Math.max(0, Math.min(sent.length, recalled + back));
    setRecalled(next);
    setText(next === 0 ? "" : (sent[sent.length - next] ?? ""));
    setClosed(true);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends the input of a composed character sends nothing.
    if (event.nativeEvent.isComposing) return;
    const { key, shiftKey } = event;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && offered.length > 0)
      setMarked(((marked ?? (step > 0 ? -1 : 0)) + step + offered.length) % offered.length);
    else if (step !== 0 && (text === "" || recalled > 0)) recall(-step);
    else if (key === "Tab" && !shiftKey && pick !== undefined) complete(pick.line);
    else if (key === "Escape" && offered.length > 0) setClosed(true);
    else if (key === "Enter" && !shiftKey) {
      if (marked !== undefined && pick !== undefined) complete(pick.line);
      else void send();
    } else return;
    event.preventDefault();
  };

  return (
    <div className="relative px-5 pt-1 pb-5 max-sm:px-3 max-sm:pb-3">
      {offered.length === 0 ? null : (
        <CompletionList id={listId} offered={offered} marked={marked ?? 0} onPick={complete} />
      )}
      <div className="flex items-end gap-1 rounded-lg border border-line-strong bg-surface p-1.5 focus-within:border-muted focus-within:shadow-sm">
        <button
          type="button"
          aria-label="Slash commands"
          title="Slash commands"
          onClick={() => write("/")}
          className="flex size-8 shrink-0 items-center justify-center rounded text-muted hover:bg-hover"
        >
          <SquareSlash aria-hidden className="size-4.5" />
        </button>
        <textarea
          ref={box}
          aria-label={label}
          aria-autocomplete="list"
          aria-controls={offered.length === 0 ? undefined : listId}
          aria-activedescendant={offered.length === 0 ? undefined : `${listId}-${marked ?? 0}`}
          placeholder={label}
          rows={1}
          // biome-ignore lint/a11y/noAutofocus: typing a command is what one comes for
          autoFocus={autoFocus}
          value={text}
          onChange={(event) => {
            write(event.target.value);
            setRecalled(0);
          }}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-40 min-h-8 min-w-0 flex-1 resize-none bg-transparent px-1 py-1 outline-none placeholder:text-muted"
        />
        <button
          type="button"
          aria-label="Send"
          aria-busy={waiting > 0}
          onClick={() => void send()}
          disabled={text.trim() === ""}
          className="flex size-8 shrink-0 items-center justify-center rounded bg-primary text-white hover:bg-primary-hover disabled:bg-transparent disabled:text-muted"
        >
          {waiting > 0 ? (
            <LoaderCircle aria-hidden className="size-4.5 animate-spin" />
          ) : (
            <SendHorizontal aria-hidden className="size-4.5" />
          )}
        </button>
      </div>
    </div>
  );
}
