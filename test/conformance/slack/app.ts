import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  /** The JSON of an event, or of the form's payload. */
  readonly body: unknown;
}

interface Reply {
  readonly code?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An app that Slack delivers to: it keeps what it was sent, and answers as a test says. */
export async function startApp() {
  const received: Received[] = [];
  const app = {
    received,
    reply: (_received: Received): Reply | Promise<Reply> => ({}),
    url: "",
    /** What came last. */
    last: () => received.at(-1)?.body,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = createServer(async (request, response) => {
    const raw = await text(request);
    const isJson = request.headers["content-type"] === "application/json";
    const body: unknown = JSON.parse(isJson ? raw : (new URLSearchParams(raw).get("payload") ?? "{}"));
    const delivered = { headers: request.headers, body };
    received.push(delivered);
    const { code = 200, headers = {}, body: answer } = await app.reply(delivered);
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  app.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return app;
}

export type App = Awaited<ReturnType<typeof startApp>>;
