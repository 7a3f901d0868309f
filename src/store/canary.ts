import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { BotError } from "../errors.ts";
import type { Canary, CanaryLog, CanaryTry, ReachedServer, RunningCanary } from "../platform/canary.ts";
import { codeOfFailure } from "./failure-code.ts";
import { storeFault } from "./fault.ts";

export interface CanaryDeps {
  /** The address that clients use; undefined: the bot is no client of anything. Asked whenever a canary begins. */
  readonly url: () => string | undefined;
  /** The bot's own, so that its user's rights do. */
  readonly prefix: string;
}

/** Longer than any drill; what a killed process leaves is gone after it. */
const keysLiveSeconds = 1_800;
const connectWithinMs = 2_000;
const readBackWithinMs = 5_000;
const atOnce = 500;

/** The canary of a drill, on the connection string of the bot's own store. Each has two connections of its own. */
export function createCanary({ url, prefix }: CanaryDeps): Canary {
  const connect = async (onFailure: (error: Error) => void = () => undefined): Promise<Redis> => {
    const address = url();
    if (address === undefined) {
      throw new BotError(
        "canary.not-configured",
        "The bot is a client of no instance here: STORE_URL is not set",
        "Ask in Slack, where the service has it, or set STORE_URL",
      );
    }
    const { connectImpatiently } = await import("./connection.ts");
    let failure: Error | undefined;
    const redis = connectImpatiently(address, (error) => {
      failure = error;
      onFailure(error);
    });
    await new Promise<void>((resolve) => {
      redis.once("ready", resolve);
      setTimeout(resolve, connectWithinMs).unref();
    });
    if (redis.status === "ready") return redis;
    redis.disconnect();
    throw storeFault(failure ?? new Error(`no connection within ${connectWithinMs / 1_000} s`));
  };

  return {
    async reached(signal) {
      const redis = await connect();
      try {
        signal.throwIfAborted();
        return parseReached(await redis.info("replication"));
      } catch (error) {
        throw storeFault(error);
      } finally {
        redis.disconnect();
      }
    },
    async start(everyMs) {
      const key = `${prefix}:canary:${randomBytes(6).toString("hex")}`;
      const failures: { writer?: Error; reader?: Error } = {};
      const writer = await connect((error) => {
        failures.writer = error;
      });
      const reader = await connect((error) => {
        failures.reader = error;
      }).catch((error: unknown) => {
        writer.disconnect();
        throw error;
      });
      return run({ key, everyMs, writer, reader, failures, connect });
    },
  };
}

interface Running {
  readonly key: string;
  readonly everyMs: number;
  readonly writer: Redis;
  readonly reader: Redis;
  /** Why a connection is broken. */
  readonly failures: { readonly writer?: Error; readonly reader?: Error };
  connect(): Promise<Redis>;
}

/**
 * Sends on time whether or not the last answer has come, so that a server that is slow is not asked less often. Every number is a key of
 * its own with its own expiry: one command, which is acknowledged or not.
 */
function run({ key, everyMs, writer, reader, failures, connect }: Running): RunningCanary {
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const elapsedMs = () => performance.now() - began;
  const tries: CanaryTry[] = [];
  const acknowledged: number[] = [];
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  let reconnects = 0;
  let stalledMs = 0;
  let lastTick = began;
  for (const redis of [writer, reader]) redis.on("ready", () => (reconnects += 1));

  const attempt = (kind: CanaryTry["kind"], number: number, ask: () => Promise<string>) => {
    const sentAt = elapsedMs();
    const work = ask()
      .catch((error: unknown) => codeOfFailure(error, kind === "write" ? failures.writer : failures.reader))
      .then((outcome) => {
        tries.push({ kind, number, sentAt, endedAt: elapsedMs(), outcome });
        if (kind === "write" && outcome === "ok") acknowledged.push(number);
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const tick = () => {
    const now = performance.now();
    stalledMs = Math.max(stalledMs, now - lastTick - everyMs);
    lastTick = now;
    const number = ++sent;
    attempt("write", number, async () => {
      await writer.set(`${key}:${number}`, number, "EX", keysLiveSeconds);
      return "ok";
    });
    const newest = acknowledged.at(-1);
    if (newest === undefined) return;
    attempt("read", newest, async () => ((await reader.get(`${key}:${newest}`)) === null ? "stale" : "ok"));
  };
  const timer = setInterval(tick, everyMs);
  tick();

  /** Over a new connection, as a client that comes afterwards. */
  const readBack = async (): Promise<CanaryLog["readBack"]> => {
    const deadline = performance.now() + readBackWithinMs;
    for (;;) {
      let redis: Redis | undefined;
      try {
        redis = await connect();
        const missing = await missingOf(redis, key, acknowledged);
        await removeAll(redis, key, sent).catch(() => undefined);
        return { ok: true, missing };
      } catch (error) {
        if (performance.now() > deadline) return { ok: false, reason: storeFault(error).message };
        await sleep(200);
      } finally {
        redis?.disconnect();
      }
    }
  };

  return {
    startedAt,
    elapsedMs,
    pause: (ms, signal) => sleep(ms, undefined, { signal }),
    tries: () => tries,
    async end() {
      clearInterval(timer);
      await Promise.all(underWay);
      const endedAt = elapsedMs();
      for (const redis of [writer, reader]) redis.disconnect();
      const found = await readBack();
      return { startedAt, endedAt, everyMs, tries, reconnects, stalledMs: Math.round(stalledMs), readBack: found };
    },
  };
}

async function missingOf(redis: Redis, key: string, numbers: readonly number[]): Promise<readonly number[]> {
  const missing: number[] = [];
  for (let from = 0; from < numbers.length; from += atOnce) {
    const some = numbers.slice(from, from + atOnce);
    const values = await redis.mget(some.map((number) => `${key}:${number}`));
    missing.push(...some.filter((number, index) => values[index] !== String(number)));
  }
  return missing;
}

async function removeAll(redis: Redis, key: string, sent: number): Promise<void> {
  const keys = Array.from({ length: sent }, (_, index) => `${key}:${index + 1}`);
  for (let from = 0; from < keys.length; from += atOnce) await redis.unlink(keys.slice(from, from + atOnce));
}

function parseReached(info: string): ReachedServer {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  return { role: field("role") === "master" ? "primary" : "replica", replicationId: field("master_replid") };
}
