import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Redis } from "ioredis";
import { BotError } from "../errors.ts";
import type { PodAddress } from "../platform/ports.ts";
import { adminPort } from "../platform/server-ports.ts";

export type Dial = (address: PodAddress, port: number, signal: AbortSignal) => Promise<Duplex>;

/** Connects to a server's admin port, hands a client to `talk`, and closes it whatever happens. Throws BotError `server.*`. */
export async function withServer<T>(
  dial: Dial,
  address: PodAddress,
  signal: AbortSignal,
  talk: (redis: Redis) => Promise<T>,
): Promise<T> {
  const stream = await dial(address, adminPort, signal);
  const redis = await overStream(stream);
  const abort = () => stream.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    return await talk(redis);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw readError(address, stream, cause);
  } finally {
    signal.removeEventListener("abort", abort);
    redis.disconnect();
    stream.destroy();
  }
}

/** A client that speaks over a stream that is open already, and never opens another. Loaded at first use. */
async function overStream(stream: Duplex): Promise<Redis> {
  const { AbstractConnector, Redis } = await import("ioredis");
  class OpenStream extends AbstractConnector {
    constructor() {
      super(0);
    }
    connect() {
      this.connecting = true;
      this.stream = asSocket(stream);
      return Promise.resolve(this.stream);
    }
  }
  const redis = new Redis({
    Connector: OpenStream,
    protocol: 2,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  // Without a listener the same error that rejects the commands would also end the process.
  redis.on("error", () => undefined);
  return redis;
}

/** ioredis tunes the socket it is given; a forwarded stream has nothing to tune. */
function asSocket(stream: Duplex): Socket {
  if (stream instanceof Socket) return stream;
  const untuned = { setKeepAlive: () => stream, setNoDelay: () => stream, setTimeout: () => stream };
  return Object.assign(stream, untuned) as unknown as Socket;
}

function readError(address: PodAddress, stream: Duplex, cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  if (stream.errored instanceof BotError) return stream.errored;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/NOAUTH|WRONGPASS|NOPERM/.test(text)) {
    return new BotError(
      "server.auth",
      `The server in ${address.pod} refuses the bot: ${text}`,
      "The admin port should ask for no password (--admin_nopass); check how the instance was started",
      { cause },
    );
  }
  if (/LOADING/.test(text)) {
    return new BotError(
      "server.loading",
      `The server in ${address.pod} is loading its data`,
      "Wait; large snapshots take minutes",
      { cause },
    );
  }
  return new BotError(
    "server.unreachable",
    `The server in ${address.pod} gave no answer: ${text}`,
    "Look at the pod and its log",
    { cause },
  );
}
