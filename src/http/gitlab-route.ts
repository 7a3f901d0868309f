import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { BotError, explain } from "../errors.ts";
import type { Logger } from "../logging.ts";
import { type GitHint, parseGitLabEvent } from "./gitlab-event.ts";
import { isFromGitLab } from "./gitlab-signature.ts";

export interface GitLabRoute {
  /** The webhook's secret token, or its signing token. */
  readonly secret: string;
  /** Told once of each event, after it was answered. */
  readonly onHint: (hint: GitHint) => void;
  readonly logger: Logger;
}

const bodyLimit = 2 * 1024 * 1024;

/**
 * `POST /webhooks/gitlab`. 200 as soon as it is known whose it is and what it is about, also for what the bot has no use for:
 * GitLab switches a webhook off that fails again and again. 401 and 400 for what cannot be one of GitLab's. Nothing is lost with an
 * event that never comes: merge requests are looked at from time to time anyway.
 */
export function addGitLabRoute(server: FastifyInstance, { secret, onHint, logger }: GitLabRoute): void {
  // GitLab delivers again what was not answered in time; over replicas it may still come twice, and a second look does no harm.
  const seen = new LRUCache<string, true>({ max: 10_000, ttl: 15 * 60_000 });

  const tell = (hint: GitHint) => {
    try {
      onHint(hint);
    } catch (err) {
      logger.error({ err, hint }, "an event of GitLab could not be seen to");
    }
  };
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));
    scope.addHook("onRequest", async (request) => {
      // A name that is none would be a 415 before any parser is asked.
      request.headers["content-type"] = "application/json";
    });
    scope.post("/webhooks/gitlab", { bodyLimit }, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const headers = {
        token: one(request, "x-gitlab-token"),
        id: one(request, "webhook-id"),
        timestamp: one(request, "webhook-timestamp"),
        signature: one(request, "webhook-signature"),
      };
      if (!isFromGitLab(headers, body, secret, new Date())) {
        logger.warn("a GitLab webhook without the right token or signature");
        return reply
          .code(401)
          .send({ error: "unauthorized", message: "The token or the signature is missing or wrong." });
      }
      const identity = identityOf(request, body);
      if (seen.has(identity)) return reply.code(200).send({ ok: true });
      let hint: GitHint | undefined;
      try {
        hint = parseGitLabEvent(body.toString("utf8"));
      } catch (error) {
        if (!(error instanceof BotError)) throw error;
        logger.warn({ code: error.code, reason: error.message }, "a GitLab webhook that can never be accepted");
        return reply.code(400).send({ error: error.code, message: explain(error) });
      }
      seen.set(identity, true);
      if (hint !== undefined) setImmediate(tell, hint);
      return reply.code(200).send({ ok: true });
    });
  });
}

/** The event's UUID is shared by events that one causes by another, so it alone says nothing. */
function identityOf(request: FastifyRequest, body: Buffer): string {
  const key = one(request, "webhook-id") ?? one(request, "idempotency-key");
  if (key !== undefined) return `key/${key}`;
  const digest = createHash("sha256").update(body).digest("hex");
  return `event/${one(request, "x-gitlab-event-uuid") ?? ""}/${digest}`;
}

function one(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
