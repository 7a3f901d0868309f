import { Redis, type RedisOptions } from "ioredis";

/** `replyMapping` belongs to RESP3, which is not spoken here. */
type StoreOptions = Omit<RedisOptions, "replyMapping">;

/**
 * The settings every connection to the store shares. `protocol: 2` because Dragonfly answers a woken blocking XREAD in
 * RESP3 with an array where Redis sends a map, and BullMQ's events then stop (facts, dragonfly-observed).
 */
function storeOptions(url: string): StoreOptions {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  const db = Number(pathname.slice(1) || 0);
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 6379),
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
    db,
    protocol: 2,
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 5), 2_000),
  };
}

/**
 * A connection for whoever must not wait: it fails at once when the store is away instead of queueing the command.
 * Errors on the socket itself are for `onError`; without a listener they would end the process.
 */
export function connectFailingFast(url: string, onError: (error: Error) => void): Redis {
  const options: StoreOptions = {
    ...storeOptions(url),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
    // Plain INFO of Dragonfly has no Persistence section, so ioredis's own ready check cannot see it loading.
    enableReadyCheck: false,
  };
  const redis = new Redis(options);
  redis.on("error", onError);
  return redis;
}

/** A connection for whoever waits for work: it tries again for ever. */
export function connectForWorker(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis({ ...storeOptions(url), maxRetriesPerRequest: null, enableReadyCheck: false });
  redis.on("error", onError);
  return redis;
}

/**
 * A connection for whoever measures what clients see: as the one that fails fast, and made again at once, also where the server says that
 * it is the wrong one, so that what is measured is the server's and not a client's patience.
 */
export function connectImpatiently(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis({
    ...storeOptions(url),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
    connectTimeout: 1_000,
    enableReadyCheck: false,
    retryStrategy: () => 50,
    reconnectOnError: ({ message }) => /READONLY|LOADING|MASTERDOWN/.test(message),
  });
  redis.on("error", onError);
  return redis;
}
