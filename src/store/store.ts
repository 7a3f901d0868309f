import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { BotError } from "../errors.ts";
import { needsNewConnections, storeFault } from "./fault.ts";
import { queueDangers } from "./safety.ts";

/** The Dragonfly that the bot keeps its own things on. It may be away at any time; every call then fails at once. */
export interface Store {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Adds to a log that is kept in the order of its numbers; one that is there already stays as it is. */
  addToLog(log: string, seq: number, text: string): Promise<void>;
  /** Number of the newest entry; 0 for none. A log with holes is taken away: it was begun anew on an emptied store. */
  lastOfLog(log: string): Promise<number>;
  /** Names of the logs there are. */
  logs(): Promise<readonly string[]>;
  readLog(log: string): Promise<readonly string[]>;
  /**
   * Proves that the queue can work here: a write is taken, and BullMQ's own Lua runs. Returns the counts of its jobs. Throws
   * BotError `store.*` when not, and makes new connections where that is what helps.
   */
  checkQueue(): Promise<string>;
  /** What may lose the queue although it works now. */
  dangers(): Promise<readonly string[]>;
  /** A queue, on the connection that fails at once. */
  queue(name: QueueName): Promise<Queue>;
  close(): Promise<void>;
}

export interface StoreDeps {
  /** Asked whenever connections are made: a password that was changed in its file needs no restart. */
  readonly url: () => string;
  readonly prefix: string;
  /** Called when the connection breaks, once an outage. */
  readonly onOutage: (error: Error) => void;
  readonly onRecovery: () => void;
  /** New connections were made in place of the old ones. */
  readonly onReconnect?: () => void;
}

/** Connects at first use, and from then on by itself; neither ioredis nor BullMQ is loaded before. */
export function openStore(deps: StoreDeps): Store {
  let connection: Promise<Connection> | undefined;
  let closed = false;
  /** Why a connection was given up: what else was under way on it fails for the same reason. */
  const givenUp = new WeakMap<Connection, BotError>();
  const outage = outageTeller(deps);
  const connected = () => {
    if (closed) throw storeFault(new Error("the bot is stopping"));
    connection ??= connect(deps, outage);
    return connection;
  };
  const key = (name: string) => `${deps.prefix}:${name}`;
  const inWords = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    const current = await connected();
    try {
      return await work(current);
    } catch (cause) {
      const fault =
        givenUp.get(current) ?? storeFault(current.redis.status === "ready" ? cause : (current.lastError() ?? cause));
      if (needsNewConnections(fault) && connection !== undefined && (await connection) === current) {
        connection = undefined;
        givenUp.set(current, fault);
        current.redis.disconnect();
        deps.onReconnect?.();
      }
      throw fault;
    }
  };
  return {
    get: (name) => inWords(({ redis }) => redis.get(key(name))),
    set: (name, value, ttlSeconds) =>
      inWords(async ({ redis }) => void (await redis.set(key(name), value, "EX", ttlSeconds))),
    addToLog: (log, seq, text) =>
      inWords(async ({ redis }) => {
        await redis.sadd(key(logNames), log);
        await redis.xadd(key(log), `${seq}-0`, "entry", text).catch((error: unknown) => {
          if (!/equal or smaller/.test(String(error))) throw error;
        });
      }),
    lastOfLog: (log) =>
      inWords(async ({ redis }) => {
        const last = Number((await redis.xrevrange(key(log), "+", "-", "COUNT", 1))[0]?.[0].split("-")[0] ?? 0);
        if ((await redis.xlen(key(log))) === last) return last;
        await redis.del(key(log));
        return 0;
      }),
    logs: () => inWords(async ({ redis }) => (await redis.smembers(key(logNames))).toSorted()),
    readLog: (log) =>
      inWords(async ({ redis }) =>
        (await redis.xrange(key(log), "-", "+")).flatMap(([, fields]) => (fields[1] === undefined ? [] : [fields[1]])),
      ),
    checkQueue: () =>
      inWords(async ({ redis, queue }) => {
        // Reads still work on a replica and on a full server; only a write tells.
        await redis.set(key("probe"), "1", "EX", 60);
        const counts = await (await queue("runs")).getJobCounts("waiting", "active", "delayed", "failed");
        return Object.entries(counts)
          .map(([state, count]) => `${state} ${count}`)
          .join(", ");
      }),
    dangers: () =>
      inWords(async ({ redis }) => {
        // Plain INFO of Dragonfly has no Persistence section.
        const text = `${await redis.info()}\r\n${await redis.info("persistence")}`;
        return queueDangers(new Map(text.split(/\r?\n/).map((line) => splitAt(line, line.indexOf(":")))));
      }),
    queue: (name) => inWords(({ queue }) => queue(name)),
    async close() {
      closed = true;
      if (connection !== undefined) (await connection).redis.disconnect();
    },
  };
}

interface Connection {
  readonly redis: Redis;
  readonly queue: (name: QueueName) => Promise<Queue>;
  /** Why the connection is broken, while it is. */
  readonly lastError: () => Error | undefined;
}

interface OutageTeller {
  failed(error: Error): void;
  recovered(): void;
}

/** Across connections: an outage that needs new ones is still one. */
function outageTeller({ onOutage, onRecovery }: StoreDeps): OutageTeller {
  let away = false;
  return {
    failed: (error) => {
      if (!away) onOutage(error);
      away = true;
    },
    recovered: () => {
      if (away) onRecovery();
      away = false;
    },
  };
}

/** The first command must not fail only because the connection is still being made; a silent server holds nobody up. */
const firstAnswerWithinMs = 2_000;

async function connect(deps: StoreDeps, outage: OutageTeller): Promise<Connection> {
  const { connectFailingFast } = await import("./connection.ts");
  let failure: Error | undefined;
  const redis = connectFailingFast(deps.url(), (error) => {
    failure = error;
    outage.failed(error);
  });
  redis.on("ready", () => {
    failure = undefined;
    outage.recovered();
  });
  await new Promise<void>((resolve) => {
    redis.once("ready", resolve);
    redis.once("close", resolve);
    setTimeout(resolve, firstAnswerWithinMs).unref();
  });
  return { redis, queue: lazyQueues(redis, deps.prefix), lastError: () => failure };
}

/** Each queue is made when it is first asked for. */
function lazyQueues(redis: Redis, prefix: string): (name: QueueName) => Promise<Queue> {
  const open = async (name: QueueName) => {
    const { Queue } = await import("bullmq");
    const queue = new Queue(name, {
      connection: redis,
      prefix,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    // The connection's own listener has the error already; without one here BullMQ would throw it.
    queue.on("error", () => undefined);
    return queue;
  };
  const opened = new Map<QueueName, Promise<Queue>>();
  return (name) => {
    const queue = opened.get(name) ?? open(name);
    opened.set(name, queue);
    return queue;
  };
}

/** A set of the logs' names: the bot's user may not search for keys. */
const logNames = "logs";

/** One wakes runs, the other says when a schedule is due. */
export type QueueName = "runs" | "schedules";

function splitAt(text: string, index: number): [string, string] {
  return [text.slice(0, Math.max(index, 0)), text.slice(index + 1)];
}
