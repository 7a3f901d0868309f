import { createHmac, randomUUID } from "node:crypto";
import { request as overHttp } from "node:http";
import { request as overTls } from "node:https";
import { text } from "node:stream/consumers";
import PQueue from "p-queue";
import type { Payload } from "./payloads.ts";

export interface WebhookOptions {
  readonly url: () => string;
  /** The plain token; `whsec_` and base64 when it is to sign. */
  readonly secret: string;
  readonly signing: "token" | "signed" | "both";
  /** How long GitLab waits for an answer; its own 10 s when left out. */
  readonly timeoutMs?: number;
  /** For how long a hook that failed four times in a row is left alone at first; GitLab's own minute when left out. */
  readonly disabledMs?: number;
}

/** One attempt to deliver, as GitLab keeps it under "Recent events". */
export interface Delivery {
  readonly id: number;
  readonly event: Payload["event"];
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
  readonly ms: number;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  readonly problem: string | undefined;
}

export interface Webhook {
  readonly deliveries: readonly Delivery[];
  /** Events that nobody was told of, because the hook was disabled when they happened. */
  readonly dropped: readonly Payload["event"][];
  readonly state: () => "executable" | "temporarily disabled" | "disabled";
  /** One after the other, in the order in which it is called. */
  send(payload: () => Promise<Payload>): void;
  /** The same once more under the same Idempotency-Key, as the button in GitLab does; also when the hook is disabled. */
  resend(id: number): Promise<Delivery>;
  /** When everything that happened so far was delivered, dropped or given up. */
  idle(): Promise<void>;
  enable(): void;
  stop(): void;
}

/** https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks */
const failuresUntilDisabled = 4;
const failuresUntilDisabledForGood = 40;
const longestDisabledMs = 24 * 60 * 60_000;

export function createWebhook(options: WebhookOptions, instance: () => string): Webhook {
  const { timeoutMs = 10_000, disabledMs = 60_000 } = options;
  const key = signingKey(options);
  const line = new PQueue({ concurrency: 1 });
  const deliveries: Delivery[] = [];
  const dropped: Payload["event"][] = [];
  const stopping = new AbortController();
  let failures = 0;
  let disabledUntil = 0;

  const state = () => {
    if (failures >= failuresUntilDisabledForGood) return "disabled" as const;
    return Date.now() < disabledUntil ? ("temporarily disabled" as const) : ("executable" as const);
  };

  const attempt = async (event: Payload["event"], body: string, idempotencyKey: string): Promise<Delivery> => {
    const headers = headersOf({ event, body, idempotencyKey, instance: instance(), options, key });
    const at = Date.now();
    const outcome = await post(
      options.url(),
      body,
      headers,
      AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping.signal]),
    );
    const delivery: Delivery = { id: deliveries.length + 1, event, body, headers, at, ms: Date.now() - at, ...outcome };
    deliveries.push(delivery);
    const good = outcome.status !== undefined && outcome.status >= 200 && outcome.status < 400;
    failures = good ? 0 : failures + 1;
    // Twice as long with every failure after the fourth.
    disabledUntil =
      failures < failuresUntilDisabled
        ? 0
        : Date.now() + Math.min(longestDisabledMs, disabledMs * 2 ** (failures - failuresUntilDisabled));
    return delivery;
  };

  return {
    deliveries,
    dropped,
    state,
    send(payload) {
      // What is told is how things were when it happened, not when its turn comes.
      const made = payload().catch((error: unknown) => {
        // The repository is gone when it stops, and nobody listens any more.
        if (stopping.signal.aborted) return undefined;
        throw error;
      });
      void line.add(async () => {
        const found = await made;
        if (found === undefined || stopping.signal.aborted) return;
        const { event, body } = found;
        if (state() === "executable") await attempt(event, JSON.stringify(body), randomUUID());
        else dropped.push(event);
      });
    },
    resend(id) {
      const delivery = deliveries.find((each) => each.id === id);
      if (delivery === undefined) throw new Error(`nothing was delivered as ${id}`);
      return line.add(() => attempt(delivery.event, delivery.body, delivery.headers["idempotency-key"] ?? ""));
    },
    idle: () => line.onIdle(),
    enable() {
      failures = 0;
      disabledUntil = 0;
    },
    stop: () => {
      line.clear();
      stopping.abort();
    },
  };
}

function headersOf(parts: {
  readonly event: Payload["event"];
  readonly body: string;
  readonly idempotencyKey: string;
  readonly instance: string;
  readonly options: WebhookOptions;
  readonly key: Buffer | undefined;
}): Record<string, string> {
  const { body, idempotencyKey, key, options } = parts;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  return {
    "content-type": "application/json",
    "user-agent": "GitLab/19.5.1-ee",
    "idempotency-key": idempotencyKey,
    "x-gitlab-event": parts.event,
    "x-gitlab-webhook-uuid": randomUUID(),
    "x-gitlab-event-uuid": randomUUID(),
    "x-gitlab-instance": parts.instance,
    ...(options.signing === "signed" ? {} : { "x-gitlab-token": options.secret }),
    ...(key === undefined
      ? {}
      : {
          "webhook-id": idempotencyKey,
          "webhook-timestamp": timestamp,
          "webhook-signature": signature(key, idempotencyKey, timestamp, body),
        }),
  };
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, which GitLab follows */
function signature(key: Buffer, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

function signingKey({ signing, secret }: WebhookOptions): Buffer | undefined {
  if (signing === "token") return undefined;
  const encoded = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret)?.[1];
  if (encoded === undefined) throw new Error("a secret that signs is whsec_ and the base64 of a key");
  return Buffer.from(encoded, "base64");
}

function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Pick<Delivery, "status" | "problem">> {
  return new Promise((resolve) => {
    const fail = (error: unknown) =>
      resolve({ status: undefined, problem: error instanceof Error ? error.message : String(error) });
    try {
      const send = url.startsWith("https:") ? overTls : overHttp;
      const length = { "content-length": Buffer.byteLength(body), connection: "close" };
      const outgoing = send(url, { method: "POST", headers: { ...headers, ...length }, signal }, (response) => {
        text(response).then(() => resolve({ status: response.statusCode, problem: undefined }), fail);
      });
      outgoing.on("error", fail);
      outgoing.end(body);
    } catch (error) {
      fail(error);
    }
  });
}
