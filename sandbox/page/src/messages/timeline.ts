import type { PageMessage } from "../../../slack/page-api.ts";
import { nearDay } from "../text/slack-date.ts";

/** What only the page knows: Slackbot telling a person that something did not work. */
export interface Note {
  readonly id: number;
  readonly user: string;
  readonly channel: string;
  readonly thread: string | undefined;
  readonly at: number;
  readonly text: string;
}

export type Entry =
  | { readonly kind: "day"; readonly key: string; readonly label: string }
  | { readonly kind: "message"; readonly key: string; readonly message: PageMessage; readonly compact: boolean }
  | { readonly kind: "note"; readonly key: string; readonly note: Note };

const groupSeconds = 300;

/** Messages and notes in order, with a line for each new day; close ones of the same person share one name. */
export function timeline(messages: readonly PageMessage[], notes: readonly Note[], now: Date): readonly Entry[] {
  const items = [
    ...messages.map((message) => ({ at: Number(message.ts), message })),
    ...notes.map((note) => ({ at: note.at, note })),
  ].toSorted((a, b) => a.at - b.at);
  const entries: Entry[] = [];
  let day = "";
  let previous: PageMessage | undefined;
  for (const item of items) {
    const date = new Date(item.at * 1_000);
    if (date.toDateString() !== day) {
      day = date.toDateString();
      entries.push({ kind: "day", key: `day ${day}`, label: dayLabel(date, now) });
      previous = undefined;
    }
    if ("note" in item) {
      entries.push({ kind: "note", key: `note ${item.note.id}`, note: item.note });
      previous = undefined;
      continue;
    }
    const { message } = item;
    entries.push({
      kind: "message",
      key: `${message.channel} ${message.ts}`,
      message,
      compact: previous !== undefined && belongs(message, previous),
    });
    previous = message;
  }
  return entries;
}

function belongs(message: PageMessage, previous: PageMessage): boolean {
  const plain = [message, previous].every(({ blocks, ephemeral }) => blocks.length === 0 && !ephemeral);
  return plain && message.user === previous.user && Number(message.ts) - Number(previous.ts) < groupSeconds;
}

function dayLabel(date: Date, now: Date): string {
  const words = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
  return nearDay(date, now) ?? words.format(date);
}
