import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ChainHead } from "../platform/own.ts";
import type { AuditContents, AuditEntry } from "./entry.ts";

/** What the first entry of a chain names as the one before it. */
export const genesis = "0".repeat(64);

/** The next entry of a writer's chain: it names the one before by its hash, and has its own over all of itself. */
export function nextEntry(last: AuditEntry | undefined, writer: string, contents: AuditContents): AuditEntry {
  const entry = { ...contents, writer, seq: (last?.seq ?? 0) + 1, previous: last?.hash ?? genesis };
  return { ...entry, hash: hashOf(entry) };
}

/** SHA-256 over the canonical JSON (RFC 8785) of the entry without its hash. */
function hashOf(entry: Omit<AuditEntry, "hash">): string {
  return createHash("sha256")
    .update(canonicalize(entry) ?? "")
    .digest("hex");
}

export interface ChainReport {
  readonly entries: number;
  /** Newest entry of each writer: whoever has written these down elsewhere can tell a chain that was cut short. */
  readonly heads: Readonly<Record<string, { readonly seq: number; readonly hash: string }>>;
  /** One sentence a break, with the place. Empty when all chains hold. */
  readonly problems: readonly string[];
}

/**
 * Whether the log is as it was written: no entry changed, taken out, put in or moved. `expectedHeads` are hashes that must be
 * in it, from an earlier report or from the log of the process: without one, entries cut off the end leave no trace.
 */
export function verifyChain(entries: readonly AuditEntry[], expectedHeads: readonly string[] = []): ChainReport {
  const problems: string[] = [];
  const heads: Record<string, { seq: number; hash: string }> = {};
  for (const entry of entries) {
    const { hash, ...rest } = entry;
    const { writer, seq, previous, at } = entry;
    const place = `${writer} ${seq} (${at})`;
    const before = heads[writer];
    if (hashOf(rest) !== hash) problems.push(`${place}: it is not what was written`);
    if (seq !== (before?.seq ?? 0) + 1)
      problems.push(
        `${place}: ${before === undefined ? "the chain begins" : `it follows ${before.seq}`}, so entries are missing or out of order`,
      );
    else if (previous !== (before?.hash ?? genesis)) problems.push(`${place}: it does not name the entry before it`);
    heads[writer] = { seq, hash };
  }
  const known = new Set(entries.map(({ hash }) => hash));
  for (const head of expectedHeads) {
    if (!known.has(head))
      problems.push(`no entry has the hash ${head}: entries were cut off the end, or it is of another log`);
  }
  return { entries: entries.length, heads, problems };
}

/** The newest entry of each writer's chain, and how long that is. Nothing is proved by this: `verifyChain` does. */
export function chainHeads(entries: readonly AuditEntry[]): readonly ChainHead[] {
  return [...Map.groupBy(entries, ({ writer }) => writer)].map(([writer, own]) => {
    const { seq, at, hash } = own.reduce((newest, entry) => (entry.seq > newest.seq ? entry : newest));
    return { writer, entries: own.length, seq, at, hash };
  });
}

export interface AuditFilter {
  readonly person?: string;
  readonly run?: string;
  readonly runbook?: string;
  readonly target?: string;
  readonly action?: string;
  readonly digest?: string;
  readonly from?: Date;
  readonly until?: Date;
}

/** Entries that match everything that is asked for; a digest may be given by its beginning. */
export function searchAudit(entries: readonly AuditEntry[], filter: AuditFilter): readonly AuditEntry[] {
  const { person, run, runbook, target, action, digest, from, until } = filter;
  const is = (wanted: string | undefined, value: string | undefined) => wanted === undefined || wanted === value;
  return entries.filter(
    (entry) =>
      is(person, entry.actor.person) &&
      is(run, entry.run) &&
      is(runbook, entry.runbook) &&
      is(target, entry.target) &&
      is(action, entry.action) &&
      (digest === undefined || (entry.digest ?? "").startsWith(digest)) &&
      (from === undefined || Date.parse(entry.at) >= from.getTime()) &&
      (until === undefined || Date.parse(entry.at) < until.getTime()),
  );
}
