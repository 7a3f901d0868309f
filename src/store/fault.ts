import { BotError } from "../errors.ts";

interface KnownFault {
  readonly pattern: RegExp;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** Matched anywhere in the text: from inside a Lua script the answer begins with ERR (facts of a real Dragonfly). */
const known: readonly KnownFault[] = [
  {
    pattern: /READONLY/,
    code: "store.readonly",
    message: "The store's address leads to a replica (READONLY)",
    next: "Check which pod the Service leads to: /dragonfly role",
  },
  {
    pattern: /LOADING|MASTERDOWN/,
    code: "store.loading",
    message: "The store is loading its data",
    next: "Wait; large snapshots take minutes",
  },
  {
    pattern: /NOAUTH|WRONGPASS|NOPERM/,
    code: "store.auth",
    message: "The store refuses the bot's password or user",
    next: "Check the password in STORE_URL against the instance's secret; from a file it is read again by itself",
  },
  {
    pattern: /out of memory|OOM command/i,
    code: "store.memory",
    message: "The store is out of memory and refuses writes",
    next: "Free memory or raise maxmemory",
  },
  {
    pattern: /undeclared key/i,
    code: "store.lua",
    message: "The store's flags do not allow the queue's scripts",
    next: "Start it with --cluster_mode=emulated --lock_on_hashtags and keep a hash tag in STORE_PREFIX",
  },
  {
    pattern: /command timed out/i,
    code: "store.hanging",
    message: "The store takes connections and does not answer",
    next: "Look at its pod: /dragonfly status. The bot reconnects by itself",
  },
];

/** What is wrong with the store, in words, from whatever its client threw. */
export function storeFault(cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const found = known.find(({ pattern }) => pattern.test(text));
  if (found !== undefined) return new BotError(found.code, found.message, found.next, { cause });
  return new BotError(
    "store.unreachable",
    `The store does not answer: ${text}`,
    "Check STORE_URL and that the instance is up; the bot reconnects by itself",
    { cause },
  );
}

/**
 * Whether only new connections can mend it: a primary that was demoted keeps its connections and refuses writes for ever, a
 * password is asked for once a connection, and one that was cut without a word never answers again.
 */
export function needsNewConnections({ code }: BotError): boolean {
  return code === "store.readonly" || code === "store.auth" || code === "store.hanging";
}
