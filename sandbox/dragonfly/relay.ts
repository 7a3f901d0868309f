import { connect, createServer, type Server, type Socket } from "node:net";
import { adminPort, dataPort } from "./accent/facts.ts";
import { backendAdminPort } from "./dragonfly-process.ts";
import type { Facade } from "./facade.ts";
import { backendPort } from "./redis-process.ts";
import { asBuffer } from "./resp.ts";

/**
 * The pod's two ports in front of a real Dragonfly: every byte passes as it is. A replica says who it is when it
 * introduces itself (`REPLCONF ip-address`), and that is where its link can be cut.
 */
export async function openRelay(
  ip: string,
  cutOff: ReadonlySet<string>,
  ports: { readonly main: number; readonly admin: number } = { main: backendPort, admin: backendAdminPort },
): Promise<Facade> {
  const severed = new Set(cutOff);
  const owners = new Map<Socket, string | undefined>();
  const relay = (socket: Socket, port: number) => {
    owners.set(socket, undefined);
    const upstream = connect({ host: ip, port, noDelay: true });
    socket.setNoDelay(true);
    let introduction = "";
    socket.on("data", (chunk) => {
      if (introduction.length > 4096 || owners.get(socket) !== undefined) return;
      introduction += asBuffer(chunk).toString("latin1");
      const owner = /ip-address\r\n\$\d+\r\n([\d.]+)\r\n/i.exec(introduction)?.[1];
      if (owner === undefined) return;
      owners.set(socket, owner);
      if (severed.has(owner)) socket.destroy();
    });
    socket.pipe(upstream);
    upstream.pipe(socket);
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => {
      owners.delete(socket);
      upstream.destroy();
    });
  };
  const servers = [
    await listen(ip, dataPort, (socket) => relay(socket, ports.main)),
    await listen(ip, adminPort, (socket) => relay(socket, ports.admin)),
  ];
  return {
    cut: (address) => {
      severed.add(address);
      for (const [socket, owner] of owners) if (owner === address) socket.destroy();
    },
    mend: (address) => {
      severed.delete(address);
    },
    close: async () => {
      const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      for (const socket of owners.keys()) socket.destroy();
      await closed;
    },
  };
}

function listen(host: string, port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
