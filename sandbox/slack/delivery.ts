import { createHmac, randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import type { WebSocket } from "ws";

/** What Slack sends to an app: form-encoded over HTTP, the same object as an envelope's payload over a socket. */
export interface Outgoing {
  readonly kind: "slash_commands" | "interactive" | "events_api";
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface Acknowledged {
  readonly ok: boolean;
  /** The body of the ack, parsed when it is JSON. */
  readonly body: unknown;
  readonly ms: number;
  /** Why there is no ack, in Slack's words. */
  readonly reason?: "http_timeout" | "http_error" | "connection_failed" | "timeout";
  /** The app asked not to be told again: `x-slack-no-retry: 1`. */
  readonly noRetry?: boolean;
}

/** Which retry this is, and why. */
export interface Retry {
  readonly attempt: number;
  readonly reason: string;
}

export interface Delivery {
  /** Delivers once and waits for the ack, three seconds at most. */
  send(outgoing: Outgoing, retry?: Retry): Promise<Acknowledged>;
  readonly online: () => boolean;
}

const ackWithinMs = 3_000;

/** POST to the app's request URL, signed. Source: https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function deliverByHttp(options: {
  readonly requestUrl: () => string;
  readonly signingSecret: string;
}): Delivery {
  // Nobody knows before the first delivery; the app is taken to be there.
  let reached = true;
  return {
    online: () => reached,
    async send({ kind, payload }, retry) {
      const isEvent = kind === "events_api";
      const body = isEvent
        ? JSON.stringify(payload)
        : new URLSearchParams(kind === "interactive" ? { payload: JSON.stringify(payload) } : flat(payload)).toString();
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const started = performance.now();
      try {
        const answer = await post(options.requestUrl(), body, {
          "content-type": isEvent ? "application/json" : "application/x-www-form-urlencoded",
          "x-slack-request-timestamp": timestamp,
          "x-slack-signature": sign(options.signingSecret, timestamp, body),
          ...(retry === undefined
            ? {}
            : { "x-slack-retry-num": String(retry.attempt), "x-slack-retry-reason": retry.reason }),
        });
        reached = true;
        const ms = performance.now() - started;
        if (answer.code < 300) return { ok: true, body: parsed(answer.text), ms };
        return { ok: false, body: parsed(answer.text), ms, reason: "http_error", noRetry: answer.noRetry };
      } catch (error) {
        reached = false;
        const late = error instanceof Error && ["TimeoutError", "AbortError"].includes(error.name);
        const reason = late ? "http_timeout" : "connection_failed";
        return { ok: false, body: undefined, ms: performance.now() - started, reason };
      }
    },
  };
}

/** Slack keeps its connections to an app open. */
const agent = new Agent({ keepAlive: true, maxSockets: 200 });

function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly text: string; readonly noRetry: boolean }> {
  return new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      agent,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal: AbortSignal.timeout(ackWithinMs),
    };
    const outgoing = request(url, options, (response) => {
      const { statusCode: code = 0, headers: answered } = response;
      const noRetry = answered["x-slack-no-retry"] === "1";
      text(response).then((received) => resolve({ code, text: received, noRetry }), reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export function sign(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
}

function flat(payload: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]));
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Envelopes to one of the open sockets, acknowledged by envelope_id. Source: https://docs.slack.dev/apis/events-api/using-socket-mode */
export function deliverBySocket(): Delivery & {
  readonly accept: (socket: WebSocket) => void;
  readonly refresh: () => void;
} {
  const sockets: WebSocket[] = [];
  const waiting = new Map<string, (body: unknown) => void>();
  let next = 0;
  return {
    online: () => sockets.length > 0,
    accept(socket) {
      sockets.push(socket);
      socket.on("close", () => void sockets.splice(sockets.indexOf(socket), 1));
      socket.on("message", (data) => {
        const message = parsed(String(data));
        if (message === null || typeof message !== "object" || !("envelope_id" in message)) return;
        waiting.get(String(message.envelope_id))?.("payload" in message ? message.payload : undefined);
      });
      socket.send(
        JSON.stringify({
          type: "hello",
          num_connections: sockets.length,
          connection_info: { app_id: "A0SANDBOX" },
          debug_info: { host: "sandbox", approximate_connection_time: 18_060 },
        }),
      );
    },
    refresh() {
      for (const socket of sockets)
        socket.send(
          JSON.stringify({ type: "disconnect", reason: "refresh_requested", debug_info: { host: "sandbox" } }),
        );
    },
    send({ kind, payload }, retry) {
      const started = performance.now();
      const socket = sockets[next++ % Math.max(1, sockets.length)];
      if (socket === undefined) return Promise.resolve({ ok: false, body: undefined, ms: 0, reason: "timeout" });
      const envelope_id = randomUUID();
      return new Promise((resolve) => {
        const done = (ok: boolean, body: unknown) => {
          clearTimeout(timer);
          waiting.delete(envelope_id);
          resolve({ ok, body, ms: performance.now() - started, ...(ok ? {} : { reason: "timeout" as const }) });
        };
        const timer = setTimeout(() => done(false, undefined), ackWithinMs);
        waiting.set(envelope_id, (body) => done(true, body));
        socket.send(
          JSON.stringify({
            envelope_id,
            type: kind,
            payload,
            accepts_response_payload: kind !== "events_api",
            ...(retry === undefined ? {} : { retry_attempt: retry.attempt, retry_reason: retry.reason }),
          }),
        );
      });
    },
  };
}
