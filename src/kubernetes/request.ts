import { type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { answerError, badAnswer, connectionError, credentialsError } from "./errors.ts";

/** Reads one path of the API server as JSON. */
export type GetJson = (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<unknown>;

const retryAfterAtMostSeconds = 3;

/**
 * Plain HTTPS requests with the kubeconfig's credentials. The generated API classes are passed by: we need a dozen reads,
 * each parsed by our own schema, and an AbortSignal that really closes the socket.
 *
 * A 429 is honoured once, when its Retry-After is short enough to be waited for.
 */
export function createGetJson(cluster: string, load: () => Promise<KubeConfig>): GetJson {
  let loaded: Promise<KubeConfig> | undefined;
  return async (path, query, signal) => {
    loaded ??= load();
    const config = await loaded.catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    const url = new URL(`${config.getCurrentCluster()?.server ?? ""}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const first = await send(cluster, config, url, signal);
    if (first.code !== 429 || first.retryAfterSeconds > retryAfterAtMostSeconds) return bodyOf(cluster, path, first);
    await sleep(first.retryAfterSeconds * 1_000, undefined, { signal });
    return bodyOf(cluster, path, await send(cluster, config, url, signal));
  };
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly retryAfterSeconds: number;
}

async function send(cluster: string, config: KubeConfig, url: URL, signal: AbortSignal): Promise<Answer> {
  const options: RequestOptions = { headers: { accept: "application/json" }, signal };
  await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
    throw credentialsError(cluster, cause);
  });
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(signal.aborted ? signal.reason : connectionError(cluster, cause));
    const outgoing = request(url, options, (response) => {
      const retryAfterSeconds = Number(response.headers["retry-after"] ?? 1) || 1;
      text(response).then((body) => resolve({ code: response.statusCode ?? 0, body, retryAfterSeconds }), fail);
    });
    outgoing.on("error", fail);
    outgoing.end();
  });
}

function bodyOf(cluster: string, path: string, { code, body }: Answer): unknown {
  if (code !== 200) throw answerError(cluster, path, code, body);
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw badAnswer(cluster, path, "not JSON", cause);
  }
}
