import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { parseAlertBatch } from "../alerts/payload.ts";
import { BotError, explain } from "../errors.ts";
import type { Logger } from "../logging.ts";

export interface AlertmanagerRoute {
  readonly token: string;
  /** Resolves when the notification cannot be lost any more. */
  accept(body: string): Promise<void>;
  readonly logger: Logger;
}

const bodyLimit = 5 * 1024 * 1024;

/**
 * `POST /webhooks/alertmanager`. 200 only when every alert of the notification is durable; 503 to be sent again. 4xx only for what
 * can never be accepted, because Alertmanager drops it for good (429 too).
 */
export function addAlertmanagerRoute(server: FastifyInstance, { token, accept, logger }: AlertmanagerRoute): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever it calls itself: the body tells. Only after the token has been looked at.
    scope.addContentTypeParser("*", { parseAs: "string", bodyLimit }, (_request, body, done) => done(null, body));
    scope.addHook("onRequest", async (request, reply) => {
      if (isBearer(request.headers.authorization, token)) {
        // A name that is none would be a 415 before any parser is asked.
        request.headers["content-type"] = "text/plain";
        return;
      }
      logger.warn("an alert webhook without the right token");
      await reply.code(401).send({ error: "unauthorized", message: "The bearer token is missing or wrong." });
    });
    scope.post("/webhooks/alertmanager", { bodyLimit }, async (request, reply) => {
      const body = typeof request.body === "string" ? request.body : "";
      try {
        parseAlertBatch(body);
      } catch (error) {
        return refuse(reply, logger, error);
      }
      try {
        await accept(body);
      } catch (err) {
        logger.error({ err }, "alerts could not be made durable; Alertmanager sends them again");
        const message = "These alerts could not be made durable. Send them again.";
        return reply.code(503).header("retry-after", "5").send({ error: "not_durable", message });
      }
      return reply.code(200).send({ ok: true });
    });
  });
}

function refuse(reply: FastifyReply, logger: Logger, error: unknown): FastifyReply {
  if (!(error instanceof BotError)) throw error;
  logger.warn({ code: error.code, reason: error.message }, "an alert webhook that can never be accepted");
  return reply.code(400).send({ error: error.code, message: explain(error) });
}

/** In a time that tells nothing of the token, whatever was sent. */
function isBearer(header: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(header ?? "")?.[1] ?? "";
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
