import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import formbody from "@fastify/formbody";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { blockProblems } from "./block-kit.ts";
import { deliverByHttp, deliverBySocket } from "./delivery.ts";
import { createEvents } from "./events.ts";
import { noSlackFaults, type SlackFaults } from "./faults.ts";
import { fileRoutes } from "./file-routes.ts";
import type { InstalledApp } from "./installed-app.ts";
import type { ApiAnswer, Arguments } from "./methods/answer.ts";
import type { Block, SlashCommand } from "./page-api.ts";
import { addPageRoutes, type FaultPanel } from "./page-routes.ts";
import { createPeople, type People } from "./people.ts";
import { createLimits } from "./rate-limits.ts";
import { createTickets, type ResponseTicket } from "./tickets.ts";
import { webApi } from "./web-api.ts";
import { Workspace } from "./workspace.ts";

/** What the app's manifest does not say is off, except direct messages. */
export interface SlackOptions extends Partial<InstalledApp> {
  readonly port?: number;
  readonly signingSecret: string;
  readonly botToken: string;
  readonly appToken: string;
  /** The bot token's scopes; a method that needs another answers missing_scope. */
  readonly scopes: readonly string[];
  readonly commands: readonly SlashCommand[];
  readonly deliver: { readonly mode: "http"; readonly requestUrl: () => string } | { readonly mode: "socket" };
  /** How long after a failure each retry of an event is sent; Slack's own times when left out. */
  readonly eventRetryMs?: readonly number[];
  readonly pageDir?: string | undefined;
  readonly faultPanel?: FaultPanel | undefined;
}

export interface ApiCall {
  readonly method: string;
  readonly channel: string | undefined;
  readonly error: string | undefined;
  readonly at: number;
}

export interface SlackSimulation {
  readonly origin: string;
  /** What SLACK_API_URL is set to. */
  readonly apiUrl: string;
  readonly workspace: Workspace;
  readonly people: People;
  readonly faults: SlackFaults;
  readonly log: readonly ApiCall[];
  /** Asks open sockets to reconnect, as Slack does now and then. */
  refreshSockets(): void;
  stop(): Promise<void>;
}

const responseBody = z.looseObject({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  response_type: z.enum(["ephemeral", "in_channel"]).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
});

/** Slack reads no JSON body for this one, whatever its page says (Octember/earshot#10). */
const formOnly = ["files.getUploadURLExternal"];

/** Starts a workspace with one app installed, on one port: Web API, response URLs, sockets, uploads, and the page. */
export async function startSlack(options: SlackOptions): Promise<SlackSimulation> {
  const workspace = new Workspace();
  const faults = noSlackFaults();
  const log: ApiCall[] = [];
  const limit = createLimits();
  let origin = "";
  const tickets = createTickets(faults, () => origin);
  const socketDelivery = deliverBySocket();
  const delivery =
    options.deliver.mode === "http"
      ? deliverByHttp({ requestUrl: options.deliver.requestUrl, signingSecret: options.signingSecret })
      : socketDelivery;
  const { homeTab = false, messagesTab = true, botEvents = [] } = options;
  const app: InstalledApp = { homeTab, messagesTab, botEvents };
  const events = createEvents(workspace, app, delivery, faults, options.eventRetryMs);
  const people = createPeople({ workspace, tickets, delivery, faults, events, app, commands: options.commands });
  const methods = webApi(workspace, tickets, app, {
    origin: () => origin,
    socketUrl: () => `${origin.replace("http", "ws")}/link/?ticket=fake`,
  });

  const server = Fastify({ logger: false, bodyLimit: 5 * 1024 * 1024, forceCloseConnections: true });
  await server.register(formbody);
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  server.route<{ Params: { method: string } }>({
    method: ["GET", "POST"],
    url: "/api/:method",
    handler: async (request, reply) => {
      if (faults.latencyMs > 0) await sleep(faults.latencyMs);
      if (faults.broken) return reply.code(500).send("Internal Server Error");
      if (faults.cut === "before") return cutOff(request, reply);
      const { method } = request.params;
      const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
      const given = {
        ...argumentsOf(request.query),
        ...(isJson && formOnly.includes(method) ? {} : argumentsOf(request.body)),
      };
      const channel = [given["channel"], given["channel_id"]].find((value) => typeof value === "string");
      const answer = callMethod(method, given, request.headers.authorization, channel, reply);
      log.push({ method, channel, error: answer.error, at: Date.now() });
      if (faults.cut === "after") return cutOff(request, reply);
      return reply.send(answer);
    },
  });

  const callMethod = (
    method: string,
    given: Arguments,
    authorization: string | undefined,
    channel: string | undefined,
    reply: FastifyReply,
  ): ApiAnswer => {
    const entry = methods[method];
    if (entry === undefined) return { ok: false, error: "unknown_method" };
    const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? given["token"];
    if (token === undefined) return { ok: false, error: "not_authed" };
    const needsApp = method === "apps.connections.open";
    if (token !== (needsApp ? options.appToken : options.botToken))
      return {
        ok: false,
        error: token === options.appToken || token === options.botToken ? "not_allowed_token_type" : "invalid_auth",
      };
    const needed = needsApp ? undefined : entry.scope(given);
    if (needed !== undefined && !options.scopes.includes(needed))
      return { ok: false, error: "missing_scope", needed, provided: options.scopes.join(",") };
    const seconds =
      faults.rateLimited.get(method) ?? faults.rateLimited.get(`${method}:${channel}`) ?? limit(method, channel);
    if (seconds !== undefined) {
      reply.code(429).header("retry-after", String(seconds));
      return { ok: false, error: "ratelimited" };
    }
    const failing = faults.failing.get(method);
    return failing === undefined ? entry.call(given) : { ok: false, error: failing };
  };

  server.post<{ Params: { team: string; key: string } }>("/commands/:team/:key", async (request, reply) => {
    const ticket = tickets.takeResponse(request.params.key);
    if ("error" in ticket) return reply.code(404).send({ ok: false, error: ticket.error });
    const body = responseBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ ok: false, error: "invalid_payload" });
    const error = respond(workspace, ticket, body.data);
    return error === undefined
      ? reply.send("ok")
      : reply.code(error === "no_text" ? 500 : 400).send({ ok: false, error });
  });

  await server.register(fileRoutes(workspace));

  addPageRoutes(server, {
    workspace,
    people,
    commands: options.commands,
    online: delivery.online,
    faults: options.faultPanel,
    pageDir: options.pageDir,
  });
  server.setErrorHandler((error, _request, reply) =>
    reply
      .code(error instanceof z.ZodError ? 400 : 500)
      .send({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );

  const sockets = new WebSocketServer({ noServer: true });
  server.server.on("upgrade", (request, socket, head) => {
    if (!request.url?.startsWith("/link")) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (webSocket) => socketDelivery.accept(webSocket));
  });

  await server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  origin = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    origin,
    apiUrl: `${origin}/api/`,
    workspace,
    people,
    faults,
    log,
    refreshSockets: () => socketDelivery.refresh(),
    async stop() {
      events.stop();
      for (const client of sockets.clients) client.terminate();
      await server.close();
    },
  };
}

function cutOff(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

/** Forms carry blocks, views and files as JSON text. */
function argumentsOf(body: unknown): Arguments {
  if (body === null || typeof body !== "object" || Buffer.isBuffer(body)) return {};
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      ["blocks", "view", "files", "metadata"].includes(key) && typeof value === "string" ? parsedJson(value) : value,
    ]),
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a POST to a response_url does; returns Slack's error code when it refuses. */
function respond(workspace: Workspace, ticket: ResponseTicket, body: z.infer<typeof responseBody>): string | undefined {
  const { original } = ticket;
  const old = original === undefined ? undefined : workspace.message(original.channel, original.ts);
  if (body.delete_original === true) {
    if (old !== undefined) workspace.remove(old);
    ticket.original = undefined;
    return undefined;
  }
  const { text = "", blocks = [] } = body;
  if (text === "" && blocks.length === 0) return "no_text";
  const [problem] = blockProblems(blocks, "message");
  if (problem !== undefined) return problem.error;
  const inChannel = body.response_type === "in_channel";
  // A message keeps its audience: only one of the same kind is replaced.
  if (body.replace_original === true && old !== undefined && !(inChannel && old.onlyFor !== undefined)) {
    old.text = text;
    old.blocks = blocks as readonly Block[];
    workspace.changed();
    return undefined;
  }
  workspace.add({
    channel: ticket.channel,
    user: workspace.botUserId,
    text,
    blocks: blocks as readonly Block[],
    responseUrl: ticket.url,
    ...(inChannel ? {} : { onlyFor: ticket.user }),
  });
  return undefined;
}
