import { BotError } from "../errors.ts";
import type { Kept, RecordStore } from "./store.ts";

const attempts = 20;

/**
 * Applies an edit to the newest form of a record, however many others are writing. Nothing is written when the edit returns the
 * record as it is. Undefined when there is no such record.
 */
export async function amendRecord<T>(
  store: Pick<RecordStore<T>, "get" | "update">,
  id: string,
  edit: (record: T) => T,
): Promise<Kept<T> | undefined> {
  for (let attempt = 0; ; attempt++) {
    const kept = await store.get(id);
    if (kept === undefined) return undefined;
    const edited = edit(kept.record);
    if (edited === kept.record) return kept;
    try {
      return await store.update(kept, edited);
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error;
    }
  }
}

/** Somebody else wrote meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof BotError && error.code.endsWith(".conflict");
}
