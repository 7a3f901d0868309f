import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { type Admitted, answer, sendError, statusOf } from "./answer.ts";
import { attributesOf, authenticate } from "./attributes.ts";
import { selfSigned } from "./certificate.ts";
import { type ApiFaults, isForbidden, noFaults, throwFault } from "./faults.ts";
import type { ObjectStore } from "./object-store.ts";
import type { PodRuntime } from "./pod-runtime.ts";
import { forwardPort } from "./port-forward.ts";
import { type Attributes, authorize, forbidden, type User } from "./rbac.ts";
import { notFound } from "./refusals.ts";
import { parseTarget } from "./request.ts";
import { servedResources } from "./resources.ts";
import { apiError } from "./status.ts";

export type { PodRuntime } from "./pod-runtime.ts";

export interface ApiLogEntry extends Attributes {
  readonly user: string;
  readonly code: number;
}

export interface KubernetesApi {
  readonly name: string;
  readonly url: string;
  readonly caCertPem: string;
  readonly store: ObjectStore;
  /** The latest requests of known users, granted or refused, for tests of the roles. */
  readonly log: readonly ApiLogEntry[];
  readonly faults: ApiFaults;
  stop(): Promise<void>;
}

export interface KubernetesApiOptions {
  readonly name: string;
  readonly store: ObjectStore;
  readonly users: readonly User[];
  readonly podRuntime: PodRuntime;
  /** Why a new pod of this spec is not taken, such as a full quota; undefined when it is. */
  readonly refusesPod?: (namespace: string, spec: unknown) => string | undefined;
}

const longestLog = 10_000;
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** Starts one cluster's API server on a free port of the loopback, over HTTPS with a certificate of its own making. */
export async function startKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
  const certificate = await selfSigned();
  const faults = noFaults();
  const log: ApiLogEntry[] = [];
  const server = createServer({ key: certificate.private, cert: certificate.cert });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });

  /** Undefined when the connection was cut instead. */
  const admit = async (request: IncomingMessage): Promise<Admitted | undefined> => {
    if (faults.unreachable) {
      request.socket.destroy();
      return undefined;
    }
    if (faults.latencyMs > 0) await sleep(faults.latencyMs);
    const url = new URL(request.url ?? "/", "https://localhost");
    const user = authenticate(request, options.users);
    const target = parseTarget(url.pathname, servedResources(options.store));
    if (target.kind !== "object") return { target, url, user, record: () => undefined };
    const attributes = attributesOf(request, target, url);
    const record = (code: number, verb = attributes.verb) => {
      log.push({ ...attributes, verb, user: user.name, code });
      if (log.length > longestLog) log.shift();
    };
    const admitted = { target, url, user, record };
    return refusedAs(record, () => {
      throwFault(faults);
      if (isForbidden(faults, attributes)) throw forbidden(user, attributes);
      // Everybody may ask what they may do: the ClusterRole `system:basic-user`.
      if (target.type.question !== true) authorize(options.store, user, attributes);
      // A WebSocket is opened by GET, which is the verb `get`; from v1.35 `create` must be granted as well.
      // Source: KEP-4006, https://github.com/kubernetes/enhancements/pull/5524
      if (request.headers.upgrade !== undefined) {
        authorize(options.store, user, { ...attributes, verb: "create" });
        record(101, "create");
      }
      return admitted;
    });
  };

  server.on("request", (request, response) => {
    admit(request)
      .then(async (admitted) => {
        if (admitted === undefined) return;
        admitted.record(await refusedAs(admitted.record, () => answer(options, admitted, request, response)));
      })
      .catch((error: unknown) => sendError(response, error));
  });

  server.on("upgrade", (request, socket, head) => {
    // A client that goes away meanwhile must not take the server down.
    socket.on("error", () => undefined);
    admit(request)
      .then(async (admitted) => {
        if (admitted === undefined) return;
        const { namespace, name, port } = await refusedAs(admitted.record, () =>
          forwardTarget(options.store, admitted, request),
        );
        admitted.record(101);
        sockets.handleUpgrade(request, socket, head, (webSocket) =>
          forwardPort(webSocket, port, () => options.podRuntime.dial(namespace, name, port)),
        );
      })
      .catch((error: unknown) => refuseUpgrade(socket, error));
  });

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the API server listens on no port");
  return {
    name: options.name,
    url: `https://127.0.0.1:${address.port}`,
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

/** Runs it, and has the code of the Status that it throws recorded. */
async function refusedAs<T>(record: (code: number) => void, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    record(statusOf(error).code);
    throw error;
  }
}

function forwardTarget(store: ObjectStore, { target, url }: Admitted, request: IncomingMessage) {
  if (target.kind !== "object" || target.subresource !== "portforward" || target.name === undefined)
    throw apiError(400, "BadRequest", "you must specify a port-forward");
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
  if (!offered.some((protocol) => protocols.includes(protocol)))
    throw apiError(400, "BadRequest", `unable to upgrade: none of the protocols is served: ${offered.join(", ")}`);
  const port = Number(url.searchParams.get("ports"));
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw apiError(400, "BadRequest", `"ports" query parameter must be a port number`);
  const { namespace = "", name, type } = target;
  if (store.get(type, namespace, name) === undefined) throw notFound(type, name);
  return { namespace, name, port };
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = statusOf(error);
  const body = JSON.stringify(status);
  const wait = status.details["retryAfterSeconds"];
  const head = [
    `HTTP/1.1 ${status.code} ${status.reason}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...(wait === undefined ? [] : [`retry-after: ${wait}`]),
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
