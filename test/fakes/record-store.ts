import { z } from "zod";
import { BotError } from "../../src/errors.ts";
import type { Kept, RecordStore } from "../../src/records/store.ts";

/** Records in memory, with the same answers as the real store; every call takes a turn of the event loop. */
export function memoryRecordStore<T extends { readonly id: string }>(options: {
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  isOpen(record: T): boolean;
  /** Before every call; may throw. */
  before?(): void;
}): RecordStore<T> {
  const { kind } = options;
  const records = new Map<string, { text: string; revision: number }>();
  const locks = new Map<string, string>();
  let revisions = 0;
  const turn = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    options.before?.();
  };
  const kept = ({ text, revision }: { text: string; revision: number }): Kept<T> => ({
    record: options.schema.parse(JSON.parse(text)),
    revision: String(revision),
  });
  const put = (record: T) => {
    const entry = { text: JSON.stringify(z.encode(options.schema, record)), revision: ++revisions };
    records.set(record.id, entry);
    return kept(entry);
  };
  return {
    create: async (record) => {
      await turn();
      if (records.has(record.id)) throw new BotError(`${kind}.exists`, `The ${kind} ${record.id} exists`, "");
      return put(record);
    },
    get: async (id) => {
      await turn();
      const entry = records.get(id);
      return entry === undefined ? undefined : kept(entry);
    },
    update: async ({ revision }, record) => {
      await turn();
      if (String(records.get(record.id)?.revision) !== revision)
        throw new BotError(`${kind}.conflict`, "changed meanwhile", "");
      return put(record);
    },
    list: async (which) => {
      await turn();
      return [...records.values()].map(kept).filter(({ record }) => which !== "open" || options.isOpen(record));
    },
    remove: async (id) => {
      await turn();
      records.delete(id);
    },
    claim: async (lock, id) => {
      await turn();
      const holder = locks.get(lock) ?? id;
      locks.set(lock, holder);
      return holder;
    },
    release: async (lock, id) => {
      await turn();
      if (locks.get(lock) === id) locks.delete(lock);
    },
  };
}
