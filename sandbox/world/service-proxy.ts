import { connect, createServer, type Server, type Socket } from "node:net";

/** A Service's ClusterIP as clients use it. */
export interface ServiceProxy {
  /** Where new connections go from now on; undefined: they are refused, as a Service without ready endpoints does. */
  pointAt(target: { readonly host: string; readonly port: number } | undefined): void;
  stop(): Promise<void>;
}

/** Passes connections from a Service's address on to the endpoint it has at that moment. */
export function createServiceProxy(host: string, port: number): ServiceProxy {
  const sockets = new Set<Socket>();
  let target: { readonly host: string; readonly port: number } | undefined;
  let server: Server | undefined;

  const forward = (client: Socket) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect({ ...target, noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  };

  return {
    pointAt: (next) => {
      target = next;
      if (next === undefined) {
        server?.close();
        server = undefined;
      } else if (server === undefined) {
        server = createServer(forward);
        server.on("error", () => {
          server = undefined;
        });
        server.listen(port, host);
      }
    },
    stop: async () => {
      const closing = server;
      server = undefined;
      const closed = closing === undefined ? undefined : new Promise((resolve) => closing.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
