import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "selfsigned";
import { WebSocketServer } from "ws";
import { parse as parseYaml } from "yaml";
import { type ApiFaults, isForbidden, noFaults, throwFault } from "./faults.ts";
import { notFound, type ObjectStore } from "./object-store.ts";
import { createObject, deleteObject, evictPod, getObject, listObjects, patchObject, updateObject } from "./objects.ts";
import { forwardPort } from "./port-forward.ts";
import { type Attributes, authorize, forbidden, type User } from "./rbac.ts";
import { discovery, parseTarget, type Target } from "./request.ts";
import { servedResources } from "./resources.ts";
import { ApiStatus, apiError } from "./status.ts";
import { watchObjects } from "./watch.ts";

/** What the kubelets of the world can do for the API server. */
export interface PodRuntime {
  logs(
    namespace: string,
    pod: string,
    options: { readonly previous: boolean; readonly tailLines: number | undefined },
  ): Promise<string | undefined>;
  dial(namespace: string, pod: string, port: number): Promise<Duplex>;
}

export interface ApiLogEntry extends Attributes {
  readonly user: string;
  readonly code: number;
}

export interface KubernetesApi {
  readonly name: string;
  readonly url: string;
  readonly caCertPem: string;
  readonly store: ObjectStore;
  /** Every authorised or refused request, for tests of the roles. */
  readonly log: readonly ApiLogEntry[];
  readonly faults: ApiFaults;
  stop(): Promise<void>;
}

export interface KubernetesApiOptions {
  readonly name: string;
  readonly store: ObjectStore;
  readonly users: readonly User[];
  readonly podRuntime: PodRuntime;
}

type ObjectTarget = Extract<Target, { kind: "object" }>;

const bodyLimit = 3 * 1024 * 1024;

/** Starts one cluster's API server on a free port of the loopback, over HTTPS with a certificate of its own making. */
export async function startKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
  const certificate = await selfSigned();
  const faults = noFaults();
  const log: ApiLogEntry[] = [];
  const server = createServer({ key: certificate.private, cert: certificate.cert });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) =>
      ["v5.channel.k8s.io", "v4.channel.k8s.io"].find((protocol) => offered.has(protocol)) ?? false,
  });

  const admit = async (
    request: IncomingMessage,
  ): Promise<{ readonly target: Target; readonly url: URL; readonly record: (code: number) => void }> => {
    if (faults.unreachable) {
      request.socket.destroy();
      return new Promise(() => undefined);
    }
    if (faults.latencyMs > 0) await sleep(faults.latencyMs);
    const url = new URL(request.url ?? "/", "https://localhost");
    const user = authenticate(request, options.users);
    const target = parseTarget(url.pathname, servedResources(options.store));
    if (target.kind !== "object") return { target, url, record: () => undefined };
    const attributes = attributesOf(request, target, url);
    const record = (code: number) => void log.push({ ...attributes, user: user.name, code });
    try {
      throwFault(faults);
      if (isForbidden(faults, attributes)) throw forbidden(user, attributes);
      authorize(options.store, user, attributes);
    } catch (error) {
      record(error instanceof ApiStatus ? error.code : 500);
      throw error;
    }
    return { target, url, record };
  };

  server.on("request", (request, response) => {
    admit(request)
      .then(async ({ target, url, record }) => {
        const code = await answer(options, request, response, target, url);
        record(code);
      })
      .catch((error: unknown) => sendError(response, error));
  });

  server.on("upgrade", (request, socket, head) => {
    admit(request)
      .then(({ target, url, record }) => {
        if (target.kind !== "object" || target.subresource !== "portforward" || target.name === undefined)
          throw apiError(400, "BadRequest", "you must specify a port-forward");
        const port = Number(url.searchParams.get("ports"));
        if (!Number.isInteger(port) || port < 1)
          throw apiError(400, "BadRequest", `"ports" query parameter must be a port number`);
        const { namespace = "", name, type } = target;
        const pod = options.store.get(type, namespace, name);
        if (pod === undefined) throw notFound(type, name);
        record(101);
        sockets.handleUpgrade(request, socket, head, (webSocket) =>
          forwardPort(webSocket, port, () => options.podRuntime.dial(namespace, name, port)),
        );
      })
      .catch((error: unknown) => {
        const status = error instanceof ApiStatus ? error : apiError(500, "InternalError", String(error));
        const body = JSON.stringify(status);
        socket.end(
          `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        );
      });
  });

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name: options.name,
    url: `https://127.0.0.1:${port}`,
    caCertPem: certificate.cert,
    store: options.store,
    log,
    faults,
    stop: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function selfSigned() {
  return generate([{ name: "commonName", value: "sandbox-kubernetes" }], {
    keySize: 2048,
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
}

function authenticate(request: IncomingMessage, users: readonly User[]): User {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const user = users.find((candidate) => candidate.token === token);
  if (user === undefined || (user.expiresAt !== undefined && user.expiresAt <= new Date()))
    throw apiError(401, "Unauthorized", "Unauthorized");
  return { ...user, groups: [...user.groups, "system:authenticated"] };
}

function attributesOf(request: IncomingMessage, target: ObjectTarget, url: URL): Attributes {
  const watching = url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1";
  const verbs: Readonly<Record<string, string>> = {
    GET: watching ? "watch" : target.name === undefined ? "list" : "get",
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: target.name === undefined ? "deletecollection" : "delete",
  };
  return {
    verb: target.subresource === "portforward" ? "create" : (verbs[request.method ?? ""] ?? "unknown"),
    group: target.type.group,
    resource: target.type.plural,
    subresource: target.subresource,
    namespace: target.namespace,
    name: target.name,
  };
}

async function answer(
  options: KubernetesApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  url: URL,
): Promise<number> {
  if (target.kind !== "object") {
    const document = discovery(target, servedResources(options.store));
    if (typeof document === "string") response.writeHead(200, { "content-type": "text/plain" }).end(document);
    else send(response, 200, document);
    return 200;
  }
  const { store } = options;
  const { subresource } = target;
  const method = request.method ?? "GET";
  if (subresource === "log" && method === "GET") return sendLog(options, target, url, response);
  if (subresource === "eviction" && method === "POST") return send(response, 201, evictPod(store, target));
  if (subresource !== undefined && !(subresource === "status" && target.type.status))
    throw apiError(404, "NotFound", "the server could not find the requested resource");
  if (method === "GET") {
    if (/^(true|1)$/.test(url.searchParams.get("watch") ?? "")) {
      watchObjects(store, target, url.searchParams, response);
      return 200;
    }
    return send(
      response,
      200,
      target.name === undefined ? listObjects(store, target, url.searchParams) : getObject(store, target),
    );
  }
  if (method === "DELETE" && target.name !== undefined) return send(response, 200, deleteObject(store, target));
  if (method === "POST" && target.name === undefined)
    return send(response, 201, createObject(store, target, await readBody(request)));
  if (method === "PUT" && target.name !== undefined)
    return send(response, 200, updateObject(store, target, subresource, await readBody(request)));
  if (method === "PATCH" && target.name !== undefined) {
    const contentType = (request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
    return send(response, 200, patchObject(store, target, subresource, contentType, await readBody(request)));
  }
  throw apiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

async function sendLog(
  { podRuntime, store }: KubernetesApiOptions,
  target: ObjectTarget,
  url: URL,
  response: ServerResponse,
): Promise<number> {
  const pod = getObject(store, target);
  const tail = url.searchParams.get("tailLines");
  const previous = url.searchParams.get("previous") === "true";
  const text = await podRuntime.logs(target.namespace ?? "", pod.metadata.name, {
    previous,
    tailLines: tail === null ? undefined : Number(tail),
  });
  if (text === undefined)
    throw apiError(400, "BadRequest", `previous terminated container in pod "${pod.metadata.name}" not found`);
  response.writeHead(200, { "content-type": "text/plain" }).end(text);
  return 200;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyLimit) throw apiError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return /yaml/.test(request.headers["content-type"] ?? "") ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw apiError(
      400,
      "BadRequest",
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function send(response: ServerResponse, code: number, body: unknown): number {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  return code;
}

function sendError(response: ServerResponse, error: unknown): void {
  const status =
    error instanceof ApiStatus ? error : apiError(500, "InternalError", `Internal error occurred: ${error}`);
  const retryAfter = status.details["retryAfterSeconds"];
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  send(response, status.code, status);
}
