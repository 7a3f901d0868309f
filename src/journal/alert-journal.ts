import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BotError } from "../errors.ts";

/** A notification that was accepted. */
export interface AcceptedBatch {
  readonly id: number;
  readonly receivedAt: string;
  readonly body: string;
}

/** Notifications in a file of this replica's own, from the moment they are acknowledged until somebody has seen to them. */
export interface AlertJournal {
  /**
   * On the disk when it resolves: whoever comes meanwhile goes there together, with one flush. Rejects with BotError
   * `journal.write` when it cannot be put there.
   */
  accept(body: string, receivedAt: Date): Promise<void>;
  /** The oldest that nobody has seen to: so many, and not many more bytes than one process should hold at once. */
  pending(most: number): readonly AcceptedBatch[];
  count(): number;
  seenTo(ids: readonly number[]): void;
  /** Keeps one that is of no use apart, with the reason, for whoever looks into it. */
  setAside(id: number, why: string): void;
  close(): void;
}

interface Waiting {
  readonly body: string;
  readonly receivedAt: string;
  readonly kept: PromiseWithResolvers<void>;
}

const fileName = "alerts.sqlite";
const mostBytesAtOnce = 16 * 1024 * 1024;

/** @throws BotError `journal.open` when the directory cannot be used */
export function openAlertJournal(directory: string): AlertJournal {
  const database = open(directory);
  const insert = database.prepare("INSERT INTO batch (received_at, body) VALUES (?, ?)");
  const oldest = database.prepare("SELECT id, received_at, body FROM batch ORDER BY id LIMIT ?");
  const remove = database.prepare("DELETE FROM batch WHERE id = ?");
  const putAside = database.prepare(
    "INSERT INTO aside (received_at, body, why) SELECT received_at, body, ? FROM batch WHERE id = ?",
  );
  const counted = database.prepare("SELECT count(*) AS number FROM batch");
  let waiting: Waiting[] = [];

  const inOne = (work: () => void) => {
    database.exec("BEGIN IMMEDIATE");
    try {
      work();
      database.exec("COMMIT");
    } catch (cause) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw new BotError(
        "journal.write",
        "Alerts cannot be written down",
        `Look at the volume of ${directory}: it may be full or read-only`,
        { cause },
      );
    }
  };
  const flush = () => {
    const batch = waiting;
    waiting = [];
    try {
      inOne(() => {
        for (const { receivedAt, body } of batch) insert.run(receivedAt, body);
      });
      for (const { kept } of batch) kept.resolve();
    } catch (error) {
      for (const { kept } of batch) kept.reject(error);
    }
  };

  return {
    accept: (body, receivedAt) => {
      const kept = Promise.withResolvers<void>();
      waiting.push({ body, receivedAt: receivedAt.toISOString(), kept });
      // Whatever else has arrived by the end of this turn is flushed with it.
      if (waiting.length === 1) setImmediate(flush);
      return kept.promise;
    },
    pending: (most) => {
      const batches: AcceptedBatch[] = [];
      let bytes = 0;
      for (const { id, received_at, body } of oldest.iterate(most)) {
        batches.push({ id: Number(id), receivedAt: String(received_at), body: String(body) });
        bytes += String(body).length;
        if (bytes >= mostBytesAtOnce) break;
      }
      return batches;
    },
    count: () => Number(counted.get()?.["number"] ?? 0),
    seenTo: (ids) =>
      inOne(() => {
        for (const id of ids) remove.run(id);
      }),
    setAside: (id, why) =>
      inOne(() => {
        putAside.run(why, id);
        remove.run(id);
      }),
    close: () => database.close(),
  };
}

function open(directory: string): DatabaseSync {
  try {
    mkdirSync(directory, { recursive: true });
    const database = new DatabaseSync(join(directory, fileName), { timeout: 5_000 });
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT NOT NULL, body TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS aside (received_at TEXT NOT NULL, body TEXT NOT NULL, why TEXT NOT NULL);
    `);
    return database;
  } catch (cause) {
    throw new BotError(
      "journal.open",
      `Alerts cannot be kept in ${directory}`,
      "Check DATA_DIR: a directory that the bot may write to",
      { cause },
    );
  }
}
