import { BotError } from "../../src/errors.ts";
import { isOpen, type RunRecord, runRecordSchema } from "../../src/runbooks/durable/record.ts";
import type { KeptRun, RunStore } from "../../src/runbooks/durable/store.ts";

/** Runs in memory, with the same answers as the real store; every call takes a turn of the event loop. */
export function memoryRunStore(): RunStore {
  const runs = new Map<string, { text: string; revision: number }>();
  const locks = new Map<string, string>();
  let revisions = 0;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const kept = ({ text, revision }: { text: string; revision: number }): KeptRun => ({
    record: runRecordSchema.parse(JSON.parse(text)),
    revision: String(revision),
  });
  const put = (record: RunRecord) => {
    const entry = { text: JSON.stringify(runRecordSchema.parse(record)), revision: ++revisions };
    runs.set(record.id, entry);
    return kept(entry);
  };
  return {
    create: async (record) => {
      await turn();
      if (runs.has(record.id)) throw new BotError("run.exists", `Run ${record.id} exists`, "");
      return put(record);
    },
    get: async (id) => {
      await turn();
      const entry = runs.get(id);
      return entry === undefined ? undefined : kept(entry);
    },
    update: async ({ revision }, record) => {
      await turn();
      if (String(runs.get(record.id)?.revision) !== revision)
        throw new BotError("run.conflict", "changed meanwhile", "");
      return put(record);
    },
    list: async (which) => {
      await turn();
      return [...runs.values()].map(kept).filter(({ record }) => which !== "open" || isOpen(record));
    },
    remove: async (id) => {
      await turn();
      runs.delete(id);
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
