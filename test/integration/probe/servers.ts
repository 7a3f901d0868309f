import { createServer as createWebServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { type Child, startChild } from "../../../sandbox/dragonfly/child.ts";
import { startContainer } from "../../../sandbox/dragonfly/container.ts";
import { connectControl } from "../../../sandbox/dragonfly/control-client.ts";
import { backendPort } from "../../../sandbox/dragonfly/redis-process.ts";
import { until } from "../../../sandbox/faults/wait.ts";
import { startNameServer } from "../../../sandbox/world/network/name-server.ts";
import { addresses, type HostName, ipv4, ipv6 } from "./addresses.ts";
import { names } from "./names.ts";
import { files, users } from "./world-files.ts";

/**
 * Runs in the namespace that answers: every store and program that a probe meets there. Prints `ready`, and ends with its
 * standard input.
 *   node servers.ts FOLDER REDIS
 */
const [folder, redis] = z.tuple([z.string(), z.string()]).parse(process.argv.slice(2));
const ip = (name: HostName) => ipv4(addresses[name]);
const inFolder = (name: string) => join(folder, name);

process.stdin.on("end", () => process.exit(0)).resume();

await Promise.all([
  startNameServer(ip("name-server"), names),
  startStores(),
  startPlainStores(),
  startTlsStores(),
  startPrograms(),
]);
process.stdout.write("ready\n");

/** Stores with Dragonfly's words: a primary, its replica, one that loads for as long as the test takes, and a full one. */
async function startStores(): Promise<void> {
  const hosts = ["store", "replica", "loading", "full"] as const;
  await Promise.all(
    hosts.map((name) => {
      const container = startContainer({
        store: { kind: "redis", path: redis },
        ip: ip(name),
        password: "",
        aclFile: inFolder(files.acl),
        version: "v1.40.1",
        args: ["--maxmemory=512mb"],
        directory: inFolder(name),
        memory: { formerIds: new Set(), cutOff: new Set() },
        onLine: () => {},
      });
      return container.opened;
    }),
  );
  const [replica, full] = await Promise.all([
    connectControl({ host: ip("replica"), port: 9999 }),
    connectControl({ host: ip("full"), port: 9999 }),
  ]);
  const behind = { host: ip("loading"), port: backendPort, user: "ops", password: users.ops };
  const [loading, observer] = await Promise.all([connectControl(behind), connectControl(behind)]);
  await replica.command("REPLICAOF", ip("store"), "9999");
  await full.command("CONFIG", "SET", "maxmemory", "100kb");
  // A minute of loading, during which it still listens.
  await loading.command("DEBUG", "POPULATE", "60000");
  await loading.command("CONFIG", "SET", "key-load-delay", "1000", "loading-process-events-interval-bytes", "1024");
  void loading.command("DEBUG", "RELOAD").catch(() => undefined);
  await Promise.all([
    until("the replica is in sync", async () => String(await replica.command("ROLE")).endsWith("online")),
    until("loading", async () => /loading:1/.test(String(await observer.command("INFO", "persistence")))),
  ]);
}

function startRedis(name: HostName, flags: readonly string[]): Child {
  const flat = ["--save", "", "--protected-mode", "no", "--dir", folder, "--dbfilename", `${name}.rdb`];
  const listenAt = ["--bind", ip(name), ipv6(addresses[name])];
  return startChild(redis, ["--port", "6379", ...listenAt, ...flat, ...flags], { onLine: () => {} });
}

async function startPlainStores(): Promise<void> {
  startRedis("plain", []);
  startRedis("crowded", ["--maxclients", "1"]);
  startRedis("orphan", ["--replicaof", ip("nobody"), "6379", "--replica-serve-stale-data", "no"]);
  const hanging = startRedis("hanging", []);
  // The kernel goes on taking connections for it.
  (await firstConnection("hanging")).destroy();
  hanging.kill("SIGSTOP");
  await firstConnection("crowded");
  for (const name of ["plain", "orphan"] as const) (await firstConnection(name)).destroy();
}

async function startTlsStores(): Promise<void> {
  const secured = (name: HostName, certificate: string, clients: "yes" | "no") =>
    startRedis(name, [
      ...["--port", "0", "--tls-port", "6379", "--tls-auth-clients", clients],
      ...["--tls-cert-file", inFolder(certificate), "--tls-key-file", inFolder(files.key(certificate))],
      ...["--tls-ca-cert-file", inFolder(files.authority)],
    ]);
  secured("tls", files.good, "no");
  secured("tls-expired", files.expired, "no");
  secured("tls-strict", files.good, "yes");
  for (const name of ["tls", "tls-expired", "tls-strict"] as const) (await firstConnection(name)).destroy();
}

/** What stands in the way and is no store. */
async function startPrograms(): Promise<void> {
  const delayMs = 150;
  const later = (to: Socket) => (chunk: Buffer) => void setTimeout(() => to.write(chunk), delayMs);
  await Promise.all([
    listen(
      "slow",
      createServer((client) => {
        const store = connect({ host: ip("plain"), port: 6379, noDelay: true });
        for (const [socket, other] of [
          [client, store],
          [store, client],
        ] as const) {
          socket.on("data", later(other));
          socket.on("error", () => other.destroy());
          socket.on("close", () => other.destroy());
        }
      }),
    ),
    listen(
      "closing",
      createServer((client) => {
        client.on("error", () => {});
        client.once("data", () => client.end());
      }),
    ),
    listen("web", createWebServer()),
  ]);
}

function listen(name: HostName, server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(6379, ip(name), resolve);
  });
}

async function firstConnection(name: HostName): Promise<Socket> {
  let socket: Socket | undefined;
  await until(`${name} listens`, async () => {
    const trial = connect({ host: ip(name), port: 6379 });
    trial.on("error", () => {});
    const connected = await new Promise<boolean>((resolve) => {
      trial.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (connected) socket = trial;
    return connected;
  });
  if (socket === undefined) throw new Error(`${name} does not listen`);
  return socket;
}
