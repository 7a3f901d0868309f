import { type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import type { KubeConfig } from "@kubernetes/client-node";
import { answerError, badAnswer, connectionError, credentialsError } from "./errors.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a PATCH as a strategic merge patch. */
  readonly body?: unknown;
  /** The answer is plain text. */
  readonly plain?: true;
}

/** Sends one request to the API server and gives its answer as JSON; a code other than 2xx is a BotError. */
export type CallApi = (request: ApiRequest, signal: AbortSignal) => Promise<unknown>;

const retryAfterAtMostSeconds = 3;
/** Making credentials may run a login command, and setting up TLS is not free: fifteen reads at once share them. */
const credentialsLifeMs = 5_000;

/**
 * Plain HTTPS requests with the kubeconfig's credentials. The generated API classes are passed by: we need a dozen reads,
 * each parsed by our own schema, and an AbortSignal that really closes the socket.
 *
 * A 429 is honoured once, when its Retry-After is short enough to be waited for.
 */
export function createCallApi(cluster: string, load: () => Promise<KubeConfig>): CallApi {
  const credentials = shareFor(credentialsLifeMs, () => makeCredentials(cluster, load));
  return async ({ method, path, query = {}, body, plain }, signal) => {
    const { server, options } = await credentials();
    const url = new URL(`${server}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const ask = () => send(cluster, { ...options, method }, { url, body }, signal);
    const first = await ask();
    if (first.code !== 429 || first.retryAfterSeconds > retryAfterAtMostSeconds)
      return bodyOf(cluster, path, first, plain);
    await sleep(first.retryAfterSeconds * 1_000, undefined, { signal });
    return bodyOf(cluster, path, await ask(), plain);
  };
}

/** `https.request` hands what it does not know to `tls.connect`, which takes a context that is made already. */
type ConnectionOptions = RequestOptions & { readonly secureContext?: SecureContext };

interface Credentials {
  readonly server: string;
  readonly options: ConnectionOptions;
}

async function makeCredentials(cluster: string, load: () => Promise<KubeConfig>): Promise<Credentials> {
  const config = await load();
  // What it calls itself is who wrote, in an object's managed fields and in the cluster's audit log.
  const options: RequestOptions = { headers: { accept: "application/json", "user-agent": "dfbot" } };
  await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
    throw credentialsError(cluster, cause);
  });
  // Node would read the certificates again for every connection, a few milliseconds each with the loop held up.
  const { ca, cert, key, passphrase } = options;
  const secureContext = createSecureContext({ ca, cert, key, passphrase });
  return { server: config.getCurrentCluster()?.server ?? "", options: { ...options, secureContext } };
}

/** The same promise for everybody who asks within the time; a failure is not kept. */
function shareFor<T>(lifeMs: number, make: () => Promise<T>): () => Promise<T> {
  let shared: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (shared === undefined || Date.now() >= shared.until) {
      shared = { value: make(), until: Date.now() + lifeMs };
      shared.value.catch(() => {
        shared = undefined;
      });
    }
    return shared.value;
  };
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly retryAfterSeconds: number;
}

function send(
  cluster: string,
  options: ConnectionOptions,
  { url, body }: { readonly url: URL; readonly body: unknown },
  signal: AbortSignal,
): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(signal.aborted ? signal.reason : connectionError(cluster, cause));
    const outgoing = request(url, { ...options, signal }, (response) => {
      const retryAfterSeconds = Number(response.headers["retry-after"] ?? 1) || 1;
      text(response).then((body) => resolve({ code: response.statusCode ?? 0, body, retryAfterSeconds }), fail);
    });
    outgoing.on("error", fail);
    if (payload !== undefined) {
      const merges = options.method === "PATCH";
      outgoing.setHeader("content-type", merges ? "application/strategic-merge-patch+json" : "application/json");
      // Node frames the body of a DELETE only when it is told how long it is.
      outgoing.setHeader("content-length", Buffer.byteLength(payload));
    }
    outgoing.end(payload);
  });
}

function bodyOf(cluster: string, path: string, { code, body }: Answer, plain = false): unknown {
  if (code < 200 || code > 299) throw answerError(cluster, path, code, body);
  if (plain) return body;
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw badAnswer(cluster, path, "not JSON", cause);
  }
}
