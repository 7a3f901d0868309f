import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type AuditFilter, searchAudit } from "../audit/chain.ts";
import { type AuditContents, type AuditEntry, auditEntrySchema } from "../audit/entry.ts";
import { type AuditJournal, openAuditJournal } from "../journal/audit-journal.ts";
import type { Logger } from "../logging.ts";
import { jsonOf } from "../platform/json.ts";
import type { Store } from "../store/store.ts";

/** What somebody did, written to this process's journal, to its log, and to the store for the other processes to read. */
export interface AuditLog {
  /** On the disk when it returns. Throws BotError `journal.*`: then whatever was to be written down must not happen. */
  write(contents: Omit<AuditContents, "at">): void;
  /** Entries of all processes, oldest first; those of others as far as the store can be read. */
  search(filter: AuditFilter): Promise<{ readonly entries: readonly AuditEntry[]; readonly complete: boolean }>;
  /** Brings the store's copy up to this process's journal, after the store was away or emptied. */
  mirror(): Promise<void>;
}

export interface AuditLogDeps {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly store: Pick<Store, "addToLog" | "lastOfLog" | "logs" | "readLog">;
}

const prefix = "audit:";

export function openAuditLog({ dataDir, logger, store }: AuditLogDeps): AuditLog {
  const journal = openedLate(() => openAuditJournal(dataDir, (before) => writerAfter(before)));
  let mirroring: Promise<void> = Promise.resolve();

  const copy = async () => {
    const { writer } = journal();
    const log = `${prefix}${writer}`;
    const last = await store.lastOfLog(log);
    if (last === journal().lastSeq()) return;
    for (const entry of journal().entries()) {
      if (entry.writer === writer && entry.seq > last) await store.addToLog(log, entry.seq, JSON.stringify(entry));
    }
  };
  /** One after the other, so that numbers arrive in their order. */
  const inTurn = (work: () => Promise<void>) => {
    const next = mirroring.then(work);
    mirroring = next.catch(() => undefined);
    return next;
  };
  const mirror = () => inTurn(copy);
  const ofOthers = async (): Promise<readonly AuditEntry[]> => {
    const names = (await store.logs()).filter((name) => name.startsWith(prefix));
    const texts = (await Promise.all(names.map((name) => store.readLog(name)))).flat();
    return texts.flatMap((text) => {
      const entry = auditEntrySchema.safeParse(jsonOf(text));
      return entry.success ? [entry.data as AuditEntry] : [];
    });
  };

  return {
    write: (contents) => {
      const entry = journal().append({ at: new Date().toISOString(), ...contents });
      logger.info({ audit: entry }, "audit");
      const add = () => store.addToLog(`${prefix}${entry.writer}`, entry.seq, JSON.stringify(entry));
      inTurn(add).catch((err: unknown) => logger.debug({ err }, "the audit log is not in the store yet"));
    },
    search: async (filter) => {
      const own = journal().entries();
      const others = await ofOthers().catch(() => undefined);
      const known = new Set(own.map(({ hash }) => hash));
      const all = [...own, ...(others ?? []).filter(({ hash }) => !known.has(hash))];
      const entries = searchAudit(all, filter).toSorted((a, b) => a.at.localeCompare(b.at) || a.seq - b.seq);
      return { entries, complete: others !== undefined };
    },
    mirror,
  };
}

/** A journal that was lost is begun under another name, or its entries would pass for those of the lost one. */
function writerAfter(before: readonly AuditEntry[]): string {
  const own = before.findLast(({ writer }) => writer.startsWith(`${hostname()}-`));
  return own?.writer ?? `${hostname()}-${randomBytes(3).toString("hex")}`;
}

/** Opened when it is first needed, and tried again after a failure: reading works without it, changing does not. */
function openedLate(open: () => AuditJournal): () => AuditJournal {
  let journal: AuditJournal | undefined;
  return () => {
    journal ??= open();
    return journal;
  };
}
