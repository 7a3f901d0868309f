import { type RequestOptions, request } from "node:https";
import { text as readText } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";

export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
}

/** One request with the kubeconfig's credentials and CA, which fetch cannot be given. */
export async function askApi(
  config: KubeConfig,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const text = body === undefined ? "" : JSON.stringify(body);
  // Without a length, Node sends the body of a DELETE as if it were another request.
  const length = { "content-length": String(Buffer.byteLength(text)) };
  const sent = { ...Object(options.headers), "content-type": "application/json", ...length, ...headers };
  const credentials =
    "authorization" in headers
      ? Object.fromEntries(Object.entries(sent).filter(([name]) => name !== "Authorization"))
      : sent;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${config.getCurrentCluster()?.server}${path}`,
      { ...options, method, headers: credentials },
      (response) => {
        readText(response).then((received) => {
          const isJson = /json/.test(response.headers["content-type"] ?? "");
          resolve({
            code: response.statusCode ?? 0,
            body: isJson ? JSON.parse(received.split("\n")[0] ?? "") : received,
            retryAfter: response.headers["retry-after"],
          });
        }, reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}
