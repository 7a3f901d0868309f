import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { adminPort, dataPort, isLoading, type OwnFacts, parseInfo, type ServerFacts } from "./accent/facts.ts";
import { metricsPage } from "./accent/metrics.ts";
import { type FacadeHost, refuseClient, serveClient } from "./facade-connection.ts";
import { asBuffer } from "./resp.ts";

/** The server that the facade speaks for. */
export interface FacadeServer extends FacadeHost {
  own(clients: Pick<OwnFacts, "mainClients" | "adminClients" | "refusedClients">): OwnFacts;
  /** INFO of the process behind. */
  info(): Promise<string>;
  /** Called with what INFO needs of the listeners. */
  attach(clients: () => Pick<OwnFacts, "mainClients" | "adminClients" | "refusedClients">): void;
  maxClients(): number;
}

export interface Facade {
  /** Connections from this address are refused until `mend`; those that exist are cut. For the admin port only. */
  cut(address: string): void;
  mend(address: string): void;
  /** Closes both ports and everything that came through them. */
  close(): Promise<void>;
}

const httpRequest = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS) \//;

/**
 * Opens the ports that the operator gives a Dragonfly pod, on the pod's address: 6379 with a password, and 9999 without
 * one, where HTTP is served too.
 */
export async function openFacade(server: FacadeServer, cutOff: ReadonlySet<string>): Promise<Facade> {
  const sockets = new Map<Socket, "main" | "admin">();
  const severed = new Set(cutOff);
  let refused = 0;
  const count = (kind: "main" | "admin") => [...sockets.values()].filter((one) => one === kind).length;
  const clients = () => ({ mainClients: count("main"), adminClients: count("admin"), refusedClients: refused });
  server.attach(clients);
  const facts = async (): Promise<ServerFacts> => ({
    redis: parseInfo(await server.info()),
    own: server.own(clients()),
  });
  const http = adminPages(facts);

  const track = (socket: Socket, kind: "main" | "admin") => {
    sockets.set(socket, kind);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };
  const main = createServer((socket) => {
    if (count("main") >= server.maxClients()) {
      refused++;
      refuseClient(socket);
      return;
    }
    track(socket, "main");
    serveClient(server, { socket, first: Buffer.alloc(0), trusted: false });
  });
  const admin = createServer((socket) => {
    if (severed.has(socket.remoteAddress ?? "")) {
      socket.destroy();
      return;
    }
    track(socket, "admin");
    socket.once("data", (chunk) => {
      const first = asBuffer(chunk);
      socket.pause();
      if (httpRequest.test(first.toString("latin1", 0, 16))) {
        socket.unshift(first);
        http.emit("connection", socket);
      } else {
        serveClient(server, { socket, first, trusted: true });
      }
      socket.resume();
    });
  });
  await listen(main, dataPort, server.ip);
  await listen(admin, adminPort, server.ip);

  return {
    cut: (address) => {
      severed.add(address);
      for (const socket of sockets.keys()) if (socket.remoteAddress === address) socket.destroy();
    },
    mend: (address) => {
      severed.delete(address);
    },
    close: async () => {
      const closed = Promise.all([main, admin].map((one) => new Promise((resolve) => one.close(resolve))));
      for (const socket of sockets.keys()) socket.destroy();
      http.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** `/healthz` (200 only when it serves), `/metrics`, and the word that it is running. None asks for a password. */
function adminPages(facts: () => Promise<ServerFacts>): HttpServer {
  const server = createHttpServer((request, response) => {
    const answer = (code: number, text: string) =>
      response.writeHead(code, { "content-type": "text/plain", "content-length": Buffer.byteLength(text) }).end(text);
    facts()
      .then((found) => {
        switch (request.url?.split("?")[0]) {
          case "/metrics":
            return answer(200, metricsPage(found));
          case "/healthz":
            return isLoading(found.redis) ? answer(503, "Service Unavailable\n") : answer(200, "OK\n");
          case "/":
            return answer(200, "Status:OK\n");
          default:
            return answer(404, "Not Found\n");
        }
      })
      .catch(() => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  return server;
}
