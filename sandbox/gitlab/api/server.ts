import { setTimeout as sleep } from "node:timers/promises";
import formbody from "@fastify/formbody";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Fault, GitLabFaults, RequestLine } from "../faults.ts";
import { Refusal } from "../refusal.ts";
import type { Project } from "../world/project.ts";
import { admit, tokenIn } from "./access.ts";
import type { Answer, Route } from "./call.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { branchRoutes } from "./routes/branches.ts";
import { commitRoutes } from "./routes/commits.ts";
import { fileRoutes } from "./routes/files.ts";
import { mergeRequestRoutes } from "./routes/merge-requests.ts";
import { reviewRoutes } from "./routes/reviews.ts";

/** One request, and what became of it. */
export interface LoggedRequest extends RequestLine {
  readonly at: number;
  /** As it was asked for, query included. */
  readonly path: string;
  readonly body: unknown;
  /** Of the answer, also of one that was lost; undefined when nothing was done. */
  readonly status: number | undefined;
  readonly outcome: "answered" | "lost" | "cut" | "hanging";
}

/** The REST API below `/api/v4`. */
export async function apiServer(
  project: Project,
  faults: GitLabFaults,
  log: LoggedRequest[],
): Promise<FastifyInstance> {
  const server = Fastify({
    logger: false,
    bodyLimit: 50 * 1024 * 1024,
    forceCloseConnections: true,
    // Paths of files and branches stand in the URL as one encoded part.
    routerOptions: { maxParamLength: 4_096 },
  });
  await server.register(formbody);
  // A client may say JSON and send nothing.
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, body === "" ? {} : JSON.parse(String(body)));
    } catch {
      done(new Refusal(400, { error: "Invalid json" }));
    }
  });

  const routes = [accountRoutes, branchRoutes, commitRoutes, fileRoutes, mergeRequestRoutes, reviewRoutes].flatMap(
    (make) => make(project),
  );
  for (const route of routes)
    server.route({
      method: route.method,
      url: `/api/v4/${route.path}`,
      handler: (request, reply) => serve(project, faults, log, route, request, reply),
    });
  server.setNotFoundHandler((request, reply) =>
    request.url.startsWith("/api/")
      ? reply.code(404).send({ error: "404 Not Found" })
      : reply.code(404).type("text/plain").send("The page could not be found"),
  );
  server.setErrorHandler((error, _request, reply) => {
    const { status, body } = refusalOf(error);
    return reply.code(status).send(body);
  });
  return server;
}

async function serve(
  project: Project,
  faults: GitLabFaults,
  log: LoggedRequest[],
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const token = tokenIn(project, request);
  const username = token?.revoked === false ? token.account.username : undefined;
  const line: RequestLine = { method: route.method, route: route.path, username };
  const fault = faults.strike(line);
  const record = (status: number | undefined, outcome: LoggedRequest["outcome"]) =>
    void log.push({ ...line, at: Date.now(), path: request.url, body: request.body, status, outcome });

  if (fault?.kind === "cut") {
    record(undefined, "cut");
    return cutOff(request, reply);
  }
  if (fault?.kind === "hang" && !fault.done) {
    record(undefined, "hanging");
    return reply.hijack();
  }
  const answer = instead(fault) ?? (await answered(project, route, request, token));
  if (fault?.kind === "lose-answer") {
    record(answer.status, "lost");
    return cutOff(request, reply);
  }
  if (fault?.kind === "hang") {
    record(answer.status, "hanging");
    return reply.hijack();
  }
  if (fault?.kind === "delay") await sleep(fault.ms);
  record(answer.status, "answered");
  reply.code(answer.status).headers({ "x-request-id": request.id, ...answer.headers });
  return answer.status === 204 ? reply.send() : reply.send(answer.body);
}

/** What GitLab, or what stands before it, answers without looking at the request. */
function instead(fault: Fault | undefined): Answer | undefined {
  if (fault?.kind === "status") {
    const said = { 500: "500 Internal Server Error", 502: "GitLab is not responding", 503: "503 Service Unavailable" };
    return fault.status === 502
      ? { status: 502, body: `<html><body>${said[502]}</body></html>`, headers: { "content-type": "text/html" } }
      : { status: fault.status, body: { message: said[fault.status] } };
  }
  if (fault?.kind !== "rate-limit") return undefined;
  // https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
  const { retryAfterSeconds } = fault;
  return {
    status: 429,
    body: "Retry later\n",
    headers: {
      "content-type": "text/plain",
      "retry-after": String(retryAfterSeconds),
      "ratelimit-limit": "60",
      "ratelimit-name": "throttle_authenticated_api",
      "ratelimit-observed": "61",
      "ratelimit-remaining": "0",
      "ratelimit-reset": String(Math.floor(Date.now() / 1_000) + retryAfterSeconds),
    },
  };
}

async function answered(
  project: Project,
  route: Route,
  request: FastifyRequest,
  found: ReturnType<typeof tokenIn>,
): Promise<Answer> {
  try {
    const params: Readonly<Record<string, string>> = { ...Object(request.params) };
    const token = admit(project, route, params["id"], found);
    const query: Readonly<Record<string, unknown>> = { ...Object(request.query) };
    return await route.answer({
      account: token.account,
      token,
      params,
      query,
      // A parameter may be sent in either place.
      body: route.method === "GET" ? undefined : { ...query, ...Object(request.body) },
      url: new URL(request.url, project.url),
    });
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Answer {
  if (error instanceof Refusal) return { status: error.status, body: error.body };
  const status = Object(error)["statusCode"];
  if (status === 413) return { status, body: { error: "Request Entity Too Large" } };
  // A mistake of the simulation must not look like a bad day of GitLab.
  console.error("sandbox GitLab:", error);
  return { status: 500, body: { message: "500 Internal Server Error", error: String(error) } };
}

function cutOff(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
