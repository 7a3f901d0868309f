import { GitError } from "./errors.ts";
import type { Host } from "./host.ts";
import { commentOf, harmless } from "./markdown.ts";
import { notesSchema, parsed } from "./schemas.ts";
import { settle } from "./settle.ts";

/**
 * A note that is there once. Its mark comes before the text, so that nothing in the text can hide it, and only the bot's own notes
 * count, so that nobody keeps one back by writing the mark first. When two were made at once, or one whose answer was lost came
 * late, the oldest stays.
 */
export async function noteOnce(
  host: Host,
  self: (signal: AbortSignal) => Promise<string>,
  { iid, mark, markdown }: { readonly iid: number; readonly mark: string; readonly markdown: string },
  signal: AbortSignal,
): Promise<void> {
  const api = await host.connect(signal);
  const comment = commentOf(mark);
  const mine = await self(signal);
  const keepOne = async () => {
    const notes = parsed("notes", notesSchema, await api.notes.all(host.project, iid, { perPage: 100 }));
    const [first, ...others] = notes
      .filter(({ system, author, body }) => !system && author.username === mine && body.startsWith(comment))
      .toSorted((a, b) => a.id - b.id);
    for (const { id } of others) await api.notes.remove(host.project, iid, id).catch(ignoreMissing);
    return first;
  };
  await settle(host.limits, signal, {
    look: keepOne,
    act: async () => {
      await api.notes.create(host.project, iid, `${comment}\n\n${harmless(markdown)}`);
      return keepOne();
    },
  });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof GitError) || error.status !== 404) throw error;
}
