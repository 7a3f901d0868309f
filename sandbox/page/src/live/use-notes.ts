import { useCallback, useState } from "react";
import type { Note } from "../messages/timeline.ts";

export interface Notes {
  /** This person's, in all channels. */
  readonly notes: readonly Note[];
  readonly add: (channel: string, thread: string | undefined, text: string) => void;
  readonly dismiss: (id: number) => void;
}

/** What Slackbot told people about what did not work. Like Slack's own, they are gone after a reload. */
export function useNotes(user: string): Notes {
  const [all, setAll] = useState<readonly Note[]>([]);
  const add = (channel: string, thread: string | undefined, text: string) =>
    setAll((notes) => [
      ...notes,
      { id: (notes.at(-1)?.id ?? 0) + 1, user, channel, thread, at: Date.now() / 1_000, text },
    ]);
  const dismiss = useCallback((id: number) => setAll((notes) => notes.filter((note) => note.id !== id)), []);
  return { notes: all.filter((note) => note.user === user), add, dismiss };
}
