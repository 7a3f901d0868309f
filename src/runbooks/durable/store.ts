import type { RunRecord } from "./record.ts";

/** A record with what tells it from every later form of it. */
export interface KeptRun {
  readonly record: RunRecord;
  readonly revision: string;
}

/**
 * Where runs are kept. It must outlive the queue's store, be seen by every process of the bot, and let exactly one of two
 * simultaneous writers win.
 */
export interface RunStore {
  /** Rejects with BotError `run.exists`. */
  create(record: RunRecord): Promise<KeptRun>;
  get(id: string): Promise<KeptRun | undefined>;
  /** Rejects with BotError `run.conflict` when it is no longer the form that was read. */
  update(kept: KeptRun, record: RunRecord): Promise<KeptRun>;
  /** All of them, or those about which there is something left to do (`isOpen`), oldest first. */
  list(which?: "open"): Promise<readonly KeptRun[]>;
  /** Nothing happens when it is not there. */
  remove(id: string): Promise<void>;
  /** Takes a lock for a run when it is free. Returns the id of the run that holds it now. */
  claim(lock: string, id: string): Promise<string>;
  /** Frees a lock if this run holds it. */
  release(lock: string, id: string): Promise<void>;
}
