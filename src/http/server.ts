import type { IncomingMessage, ServerResponse } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import type { Dependency } from "../checks.ts";
import type { Logger } from "../logging.ts";
import type { ScheduleState } from "../schedules/schedule.ts";
import { type AlertmanagerRoute, addAlertmanagerRoute } from "./alertmanager-route.ts";
import { addGitLabRoute, type GitLabRoute } from "./gitlab-route.ts";

export interface Readiness {
  /** False only when the bot could do nothing useful. */
  readonly ready: boolean;
  readonly dependencies: readonly Dependency[];
  /** The runs that the bot makes by itself, and how old the last of each is. */
  readonly schedules?: readonly ScheduleState[];
}

export interface HttpOptions {
  readonly logger: Logger;
  readonly readiness: () => Readiness;
  /** The Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Handed every POST to its path that holds what `accepts`; it verifies who sent it. */
  readonly slack: SlackRoute | undefined;
  /** Undefined: alerts are not taken in. */
  readonly alertmanager?: AlertmanagerRoute | undefined;
  /** Undefined: merge requests are only polled. */
  readonly gitlab?: GitLabRoute | undefined;
}

export interface SlackRoute {
  readonly path: string;
  readonly accepts: (body: Buffer, contentType: string) => boolean;
  /** The body has been read, and is on the request as `rawBody`, where Bolt looks for it. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
}

const bodyLimit = 1024 * 1024;

/** No route has a schema of Fastify's (zod checks bodies); its compilers would load a hundred files at every start. */
function noSchemas(): never {
  throw new Error("A route has a schema, and its compilers are left out in createHttpServer");
}

/** The bot's HTTP routes. Answers are JSON or Prometheus text; errors say what was wrong and never how the code looks. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit,
    requestTimeout: 30_000,
    forceCloseConnections: "idle",
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  server.get("/healthz", async () => ({ ok: true }));
  server.get("/readyz", async (_request, reply) => {
    const readiness = options.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  server.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4").send(await options.metrics()),
  );
  const { slack } = options;
  if (slack !== undefined) {
    server.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      scope.post(slack.path, (request, reply) => {
        const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        if (!slack.accepts(rawBody, request.headers["content-type"] ?? "")) {
          return reply.code(400).send({ error: "bad_request", message: "The body is not what Slack sends." });
        }
        reply.hijack();
        return slack.listener(Object.assign(request.raw, { rawBody }), reply.raw);
      });
    });
  }
  if (options.alertmanager !== undefined) addAlertmanagerRoute(server, options.alertmanager);
  if (options.gitlab !== undefined) addGitLabRoute(server, options.gitlab);
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: "not_found", message: `There is no ${request.method} ${request.url.split("?")[0]} here.` }),
  );
  server.setErrorHandler((error, _request, reply) => {
    const code =
      error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
    if (code >= 500) options.logger.error({ err: error }, "a request failed");
    const message =
      code >= 500 || !(error instanceof Error)
        ? "The bot could not handle this; its log has the reason."
        : error.message;
    return reply.code(code).send({ error: code >= 500 ? "internal" : "bad_request", message });
  });
  return server;
}
