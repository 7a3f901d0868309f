/** A record with what tells it from every later form of it. */
export interface Kept<T> {
  readonly record: T;
  readonly revision: string;
}

/**
 * Where records of one kind are kept. It must outlive the queue's store, be seen by every process of the bot, and let exactly
 * one of two simultaneous writers win. Codes of errors begin with the kind: `run.conflict`.
 */
export interface RecordStore<T> {
  /** Rejects with BotError `<kind>.exists`. */
  create(record: T): Promise<Kept<T>>;
  get(id: string): Promise<Kept<T> | undefined>;
  /** Rejects with BotError `<kind>.conflict` when it is no longer the form that was read. */
  update(kept: Kept<T>, record: T): Promise<Kept<T>>;
  /** All of them, or those about which there is something left to do, oldest first. */
  list(which?: "open"): Promise<readonly Kept<T>[]>;
  /** Nothing happens when it is not there. */
  remove(id: string): Promise<void>;
  /** Takes a lock for a record when it is free. Returns the id of the record that holds it now. */
  claim(lock: string, id: string): Promise<string>;
  /** Frees a lock if this record holds it. */
  release(lock: string, id: string): Promise<void>;
}
