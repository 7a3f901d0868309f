import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { nextEntry } from "../audit/chain.ts";
import { type AuditContents, type AuditEntry, auditEntrySchema } from "../audit/entry.ts";
import { BotError } from "../errors.ts";

/** The audit log in a file of this replica's own, under DATA_DIR. */
export interface AuditJournal {
  /** Whose chain this process goes on with. */
  readonly writer: string;
  /** Of its newest entry; 0 when it has none. */
  lastSeq(): number;
  /** On the disk when it returns. Throws BotError `journal.write` when it cannot be put there. */
  append(contents: AuditContents): AuditEntry;
  /** Every entry, in the order they were written. */
  entries(): readonly AuditEntry[];
  close(): void;
}

const fileName = "audit.sqlite";

/**
 * Opens the log, or begins one. Entries are added, never changed: the table refuses both UPDATE and DELETE. Each is flushed to
 * the disk before `append` returns (SQLite's synchronous=FULL with a write-ahead log). `writerOf` names the writer, from what is
 * there.
 *
 * @throws BotError `journal.open` when the directory cannot be used
 */
export function openAuditJournal(directory: string, writerOf: (before: readonly AuditEntry[]) => string): AuditJournal {
  const database = open(directory, false);
  const insert = database.prepare("INSERT INTO audit (entry) VALUES (?)");
  const read = () => readEntries(database);
  const before = read();
  const writer = writerOf(before);
  let last = before.findLast((entry) => entry.writer === writer);
  return {
    writer,
    lastSeq: () => last?.seq ?? 0,
    append: (contents) => {
      const entry = auditEntrySchema.parse(nextEntry(last, writer, contents));
      try {
        insert.run(JSON.stringify(entry));
      } catch (cause) {
        throw new BotError(
          "journal.write",
          "The audit log cannot be written",
          `Look at the volume of ${directory}: it may be full or read-only`,
          { cause },
        );
      }
      last = entry;
      return entry;
    },
    entries: read,
    close: () => database.close(),
  };
}

/** The entries of a log that another process may be writing. Throws BotError `journal.open` when there is none. */
export function readAuditJournal(directory: string): readonly AuditEntry[] {
  const database = open(directory, true);
  try {
    return readEntries(database);
  } finally {
    database.close();
  }
}

function open(directory: string, readOnly: boolean): DatabaseSync {
  try {
    if (!readOnly) mkdirSync(directory, { recursive: true });
    const database = new DatabaseSync(join(directory, fileName), { readOnly, timeout: 5_000 });
    if (readOnly) return database;
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
      CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
      CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    `);
    return database;
  } catch (cause) {
    throw new BotError(
      "journal.open",
      `There is no audit log that can be ${readOnly ? "read" : "written"} in ${directory}`,
      "Check DATA_DIR: the directory of the running bot",
      { cause },
    );
  }
}

function readEntries(database: DatabaseSync): readonly AuditEntry[] {
  return database
    .prepare("SELECT entry FROM audit ORDER BY id")
    .all()
    .map(({ entry }) => auditEntrySchema.parse(JSON.parse(String(entry))));
}
