import { connect, type Socket } from "node:net";
import { askAdmin } from "../../world/operator/admin.ts";
import type { Fault } from "../fault.ts";
import { primaryOf } from "../instance-pods.ts";
import { until } from "../wait.ts";

const connections = 150;

/** Opens connections to a server's data port, each from one of the addresses in turn; returns how to close them. */
export async function openConnections(
  ip: string,
  addresses: readonly string[],
  count: number,
): Promise<() => Promise<void>> {
  const sockets = await Promise.all(
    Array.from({ length: count }, (_, n) => {
      const localAddress = addresses[n % addresses.length] ?? "127.0.0.1";
      return new Promise<Socket>((resolve, reject) => {
        const socket = connect({ host: ip, port: 6379, localAddress }, () => resolve(socket));
        socket.once("error", reject);
      });
    }),
  );
  for (const socket of sockets) socket.on("error", () => {});
  return async () => {
    for (const socket of sockets) socket.destroy();
  };
}

const clientStorm: Fault = {
  name: "client-storm",
  title: "A storm of clients",
  description: "One client opens 150 connections to the primary and closes none: a pool without a limit.",
  start: async (world) => openConnections(primaryOf(world).ip, ["127.250.7.7"], connections),
};

/** Keeps the server busy for about this many milliseconds, in one command. */
export async function beBusy(ip: string, milliseconds: number): Promise<void> {
  const turns = 2_000_000;
  const began = performance.now();
  await askAdmin(ip, "EVAL", `for i = 1, ${turns} do end`, "0");
  const perTurn = Math.max(0.05, performance.now() - began) / turns;
  await askAdmin(ip, "EVAL", `for i = 1, ${Math.round(milliseconds / perTurn)} do end`, "0");
}

const hotCommand: Fault = {
  name: "hot-command",
  title: "A command that takes its time",
  description: "A tenant's script keeps the primary busy for a second and more, over and over: everybody else waits.",
  start: async (world) => {
    const { ip } = primaryOf(world);
    for (let call = 0; call < 3; call++) await beBusy(ip, 700);
    await until("the slow log has it", async () => Number(await askAdmin(ip, "SLOWLOG", "LEN")) >= 3);
    return async () => {
      await askAdmin(ip, "SLOWLOG", "RESET");
    };
  },
};

export const loadFaults: readonly Fault[] = [clientStorm, hotCommand];
