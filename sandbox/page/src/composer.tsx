import { useState } from "react";
import type { Channel, PageState } from "../../slack/page-api.ts";
import { slack } from "./client.ts";

interface Props {
  readonly state: PageState;
  readonly channel: Channel;
  readonly threadTs?: string;
}

/** Where one types, with completion for slash commands. */
export function Composer({ state, channel, threadTs }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const [trouble, setTrouble] = useState<string>();
  const suggestions = completions(state, text);
  const send = async (line: string) => {
    const trimmed = line.trim();
    if (trimmed === "") return;
    setText("");
    const input = {
      user: state.me,
      channel: channel.id,
      text: trimmed,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    };
    const outcome = await (trimmed.startsWith("/") ? slack.command(input) : slack.message(input)).catch(
      () => undefined,
    );
    setTrouble(outcome?.ok === true ? undefined : (outcome?.error ?? "The sandbox does not answer."));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const pick = suggestions[chosen];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (suggestions.length === 0) return;
      event.preventDefault();
      setChosen((chosen + (event.key === "ArrowDown" ? 1 : suggestions.length - 1)) % suggestions.length);
    } else if (event.key === "Tab" && pick !== undefined) {
      event.preventDefault();
      setText(`${pick.line} `);
      setChosen(0);
    } else if (event.key === "Escape") setText("");
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void send(text);
    }
  };
  const label = threadTs === undefined ? `Message ${channel.is_im ? "Dragonfly" : `#${channel.name}`}` : "Reply";
  return (
    <div className="relative px-4 pb-4">
      {trouble === undefined ? null : (
        <p role="alert" className="mb-2 rounded-md bg-neutral-100 px-3 py-2 text-sm">
          <b>Slackbot</b> <span className="text-neutral-500">Only visible to you</span>
          <br />
          {trouble}
        </p>
      )}
      {suggestions.length === 0 ? null : (
        <ul
          aria-label="Commands"
          className="absolute inset-x-4 bottom-full mb-1 overflow-hidden rounded-lg border border-neutral-300 bg-white shadow-xl"
        >
          {suggestions.map(({ line, description }, index) => (
            <li key={line}>
              <button
                type="button"
                onClick={() => setText(`${line} `)}
                className={`flex w-full gap-3 px-3 py-1.5 text-left ${index === chosen ? "bg-sky-700 text-white" : "hover:bg-neutral-100"}`}
              >
                <span className="font-bold">{line}</span>
                <span className="min-w-0 truncate opacity-80">{description}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-2 rounded-lg border border-neutral-400 p-2 focus-within:border-sky-700 focus-within:shadow">
        <textarea
          aria-label={label}
          placeholder={label}
          rows={1}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
          className="max-h-40 flex-1 resize-none bg-transparent px-1 outline-none"
        />
        <button
          type="button"
          onClick={() => void send(text)}
          disabled={text.trim() === ""}
          className="rounded-md bg-emerald-700 px-3 py-1 text-sm font-bold text-white disabled:bg-neutral-200 disabled:text-neutral-400"
        >
          Send
        </button>
      </div>
    </div>
  );
}

/** The commands, and behind one the words of its usage hint, that begin with what was typed. */
function completions(
  state: PageState,
  text: string,
): readonly { readonly line: string; readonly description: string }[] {
  if (!text.startsWith("/")) return [];
  const all = state.commands.flatMap(({ command, description, usage_hint }) => [
    { line: command, description },
    ...usage_hint.split("|").map((word) => ({ line: `${command} ${word.trim()}`, description: "" })),
  ]);
  return all.filter(({ line }) => line.startsWith(text.trimStart()) && line !== text.trim());
}
