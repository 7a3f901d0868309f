import { setTimeout as sleep } from "node:timers/promises";
import type { FormattedResponse } from "@gitbeaker/requester-utils";
import { z } from "zod";
import { BotError } from "../errors.ts";
import { jsonOf } from "../platform/json.ts";
import { createScrubber } from "../secrets.ts";
import {
  answerError,
  badAnswer,
  connectionError,
  GitError,
  rateLimited,
  saidIn,
  timeoutError,
  tooLarge,
} from "./errors.ts";

export interface RequestLimits {
  readonly readTimeoutMs: number;
  /** A merge is made while the request waits. */
  readonly writeTimeoutMs: number;
  /** Longer than this is not waited for when GitLab asks to slow down. */
  readonly waitAtMostMs: number;
  /** Before a second attempt; the third waits twice as long. */
  readonly pauseMs: number;
}

export const defaultLimits: RequestLimits = {
  readTimeoutMs: 10_000,
  writeTimeoutMs: 30_000,
  waitAtMostMs: 5_000,
  pauseMs: 250,
};

/** Of a read, and of looking again after a write. */
export const attempts = 3;
const answerAtMostBytes = 32 * 1024 * 1024;

/** What the client library hands to a request handler. */
const optionsSchema = z.object({
  prefixUrl: z.string(),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  searchParams: z.string().default(""),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
});
type Options = z.infer<typeof optionsSchema>;

/** Sends one request of the client library. */
export type Send = (endpoint: string, options: unknown, signal: AbortSignal) => Promise<FormattedResponse>;

/**
 * How the bot talks to GitLab with one token. The client library's own handler repeats 429 and 502 for writes too, ten times within
 * a few milliseconds each, and knows no signal from outside; so this one is ours.
 *
 * Reads are tried three times; a write once, because only who asked for it knows where to look whether it was done. Retry-After and
 * RateLimit-* hold up every request of the token: a short time is waited for, a long one is a `git.rate-limited` that says until
 * when. Redirects are not followed: fetch would send the token along to wherever they lead.
 */
export function createSend(token: string, limits: RequestLimits): Send {
  const scrub = createScrubber([token]);
  let heldUntil = 0;

  const untilAllowed = async (signal: AbortSignal) => {
    const ms = heldUntil - Date.now();
    if (ms <= 0) return;
    if (ms > limits.waitAtMostMs) throw rateLimited(new Date(heldUntil));
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  };
  const once = async (endpoint: string, options: Options, signal: AbortSignal): Promise<FormattedResponse> => {
    await untilAllowed(signal);
    const url = new URL(endpoint, options.prefixUrl.endsWith("/") ? options.prefixUrl : `${options.prefixUrl}/`);
    url.search = options.searchParams;
    const timeoutMs = options.method === "GET" ? limits.readTimeoutMs : limits.writeTimeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    try {
      const response = await fetch(url, {
        method: options.method,
        headers: headersOf(options),
        redirect: "manual",
        signal: either,
        ...(options.body === undefined ? {} : { body: options.body }),
      });
      heldUntil = Math.max(heldUntil, holdOf(response, limits.pauseMs));
      const text = await textOf(response);
      if (response.status === 429) throw rateLimited(new Date(heldUntil));
      if (!response.ok) throw answerError(response.status, scrub(saidIn(jsonOf(text))));
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers.entries()),
        body: text === "" ? null : bodyOf(endpoint, text),
      };
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw timeoutError(timeoutMs);
      if (error instanceof BotError) throw error;
      throw connectionError(innermost(error, scrub));
    }
  };
  return async (endpoint, given, signal) => {
    const options = optionsSchema.parse(given);
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await once(endpoint, options, signal);
      } catch (error) {
        const held = heldUntil - Date.now() > limits.waitAtMostMs;
        if (options.method !== "GET" || attempt === attempts || held || !isPassing(error)) throw error;
        await pause(attempt, limits, signal);
      }
    }
  };
}

/** Longer with every attempt, and not the same for everybody who was refused at once. Rejects when the signal aborts. */
export async function pause(attempt: number, { pauseMs }: RequestLimits, signal: AbortSignal): Promise<void> {
  const ms = pauseMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** What is no JSON will not be any the next time. */
const isPassing = (error: unknown) => error instanceof GitError && error.passing && error.code !== "git.bad-answer";

function headersOf({ headers, body }: Options): Headers {
  try {
    const made = new Headers({ accept: "application/json", ...headers });
    if (body !== undefined) made.set("content-type", "application/json");
    return made;
  } catch {
    // The error that was caught quotes the token.
    throw new BotError(
      "git.unauthorized",
      "The GitLab token has a character that cannot be in an HTTP header",
      "Set GITLAB_TOKEN and GITLAB_APPROVER_TOKEN again, without spaces or line breaks",
    );
  }
}

/**
 * When GitLab takes the next request, in milliseconds since 1970; 0 when it takes it now. Its own clock counts, not ours.
 * Source: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
 */
function holdOf({ status, headers }: Response, pauseMs: number): number {
  const spent = headers.get("ratelimit-remaining") === "0";
  if (status !== 429 && !spent) return 0;
  const now = Date.now();
  const retryAfter = headers.get("retry-after");
  if (retryAfter !== null && status === 429) {
    const seconds = Number(retryAfter);
    const at = Number.isFinite(seconds) ? now + seconds * 1_000 : Date.parse(retryAfter);
    if (Number.isFinite(at)) return at;
  }
  const reset = Number(headers.get("ratelimit-reset")) * 1_000;
  if (reset > 0) return now + Math.max(0, reset - (Date.parse(headers.get("date") ?? "") || now));
  return status === 429 ? now + pauseMs : 0;
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > answerAtMostBytes)
      throw tooLarge("GitLab's answer is larger than the bot reads", "Look at the merge request or the file in GitLab");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function bodyOf(endpoint: string, text: string): FormattedResponse["body"] {
  const body = jsonOf(text);
  if (isList(body) || isObject(body)) return body;
  throw badAnswer(endpoint, "it is no JSON object or list");
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isList = (value: unknown): value is Record<string, unknown>[] => Array.isArray(value) && value.every(isObject);

/** fetch wraps what happened on the connection; only that says something. Made anew, so that nothing but words and code come along. */
function innermost(error: unknown, scrub: (text: string) => string): Error {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const words = inner instanceof Error ? inner.message : String(inner);
  const code = inner instanceof Error && "code" in inner ? { code: String(inner.code) } : {};
  return Object.assign(new Error(scrub(words)), code);
}
