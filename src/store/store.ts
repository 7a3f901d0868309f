import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { BotError } from "../errors.ts";

/** The Dragonfly that the bot keeps its own things on. It may be away at any time; every call then fails at once. */
export interface Store {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Proves that the queue can work here: BullMQ's own Lua runs and answers. Throws BotError `store.*` when not. */
  checkQueue(): Promise<string>;
  close(): Promise<void>;
}

export interface StoreDeps {
  readonly url: string;
  readonly prefix: string;
  /** Called when the connection breaks, once an outage. */
  readonly onOutage: (error: Error) => void;
  readonly onRecovery: () => void;
}

/** Connects at first use, and from then on by itself; neither ioredis nor BullMQ is loaded before. */
export function openStore(deps: StoreDeps): Store {
  let connection: Promise<Connection> | undefined;
  const connected = () => {
    connection ??= connect(deps);
    return connection;
  };
  const key = (name: string) => `${deps.prefix}:${name}`;
  return {
    get: async (name) => (await connected()).redis.get(key(name)),
    async set(name, value, ttlSeconds) {
      await (await connected()).redis.set(key(name), value, "EX", ttlSeconds);
    },
    async checkQueue() {
      const { redis, queue, lastError } = await connected();
      try {
        const counts = await (await queue()).getJobCounts("waiting", "active", "delayed", "failed");
        return Object.entries(counts)
          .map(([state, count]) => `${state} ${count}`)
          .join(", ");
      } catch (cause) {
        throw storeError(redis.status === "ready" ? cause : (lastError() ?? cause));
      }
    },
    async close() {
      if (connection !== undefined) (await connection).redis.disconnect();
    },
  };
}

interface Connection {
  readonly redis: Redis;
  readonly queue: () => Promise<Queue>;
  /** Why the connection is broken, while it is. */
  readonly lastError: () => Error | undefined;
}

async function connect(deps: StoreDeps): Promise<Connection> {
  const { connectFailingFast } = await import("./connection.ts");
  let failure: Error | undefined;
  const redis = connectFailingFast(deps.url, (error) => {
    if (failure === undefined) deps.onOutage(error);
    failure = error;
  });
  redis.on("ready", () => {
    if (failure !== undefined) deps.onRecovery();
    failure = undefined;
  });
  // The first command must not fail only because the connection is still being made.
  await new Promise<void>((resolve) => {
    redis.once("ready", resolve);
    redis.once("close", resolve);
  });
  return { redis, queue: lazyQueue(redis, deps.prefix), lastError: () => failure };
}

/** One queue, made when it is first asked for. */
function lazyQueue(redis: Redis, prefix: string): () => Promise<Queue> {
  const open = async () => {
    const { Queue } = await import("bullmq");
    const queue = new Queue("runs", { connection: redis, prefix, skipVersionCheck: true, skipWaitingForReady: true });
    // The connection's own listener has the error already; without one here BullMQ would throw it.
    queue.on("error", () => undefined);
    return queue;
  };
  let opened: Promise<Queue> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}

/** What is wrong with the store, in words. Matches anywhere in the text: inside Lua the answer starts with ERR. */
function storeError(cause: unknown): BotError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const known = knownErrors.find(({ pattern }) => pattern.test(text));
  if (known !== undefined) return new BotError(known.code, known.message, known.next, { cause });
  return new BotError(
    "store.unreachable",
    `The store does not answer: ${text}`,
    "Check STORE_URL and that the instance is up; the bot reconnects by itself",
    { cause },
  );
}

const knownErrors = [
  {
    pattern: /READONLY/,
    code: "store.readonly",
    message: "The store's address leads to a replica (READONLY)",
    next: "Check which pod the Service leads to: /dragonfly role",
  },
  {
    pattern: /LOADING/,
    code: "store.loading",
    message: "The store is loading its data",
    next: "Wait; large snapshots take minutes",
  },
  {
    pattern: /NOAUTH|WRONGPASS|NOPERM/,
    code: "store.auth",
    message: "The store refuses the bot's password or user",
    next: "Check the password in STORE_URL against the instance's secret",
  },
  {
    pattern: /out of memory/i,
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
] as const;
