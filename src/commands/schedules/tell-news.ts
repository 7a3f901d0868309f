import { BotError } from "../../errors.ts";
import type { ScheduleNews } from "../../records/schedule.ts";
import { type PostNote, postOnce } from "../delivery/post-once.ts";
import type { Sender } from "../delivery/sender.ts";
import { newsMessage } from "./news-message.ts";

/** Tells a channel of a scheduled run, once over all processes. Rejects when that could not be done, or is not certain yet. */
export async function tellNews(
  { sender, channel, now }: { readonly sender: Sender; readonly channel: string; readonly now: () => Date },
  title: string,
  news: ScheduleNews,
  note: (edit: (before: PostNote) => PostNote | undefined) => Promise<void>,
): Promise<void> {
  const mark = `schedule/${news.mark}`;
  const posted = await postOnce({ sender, now, channel, mark, note, message: () => newsMessage(title, news) });
  if (posted !== undefined) return;
  throw new BotError("schedule.untold", "Somebody else may be telling of it just now", "It is looked for in a moment");
}
