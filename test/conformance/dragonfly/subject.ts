import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type StoreContainer, startContainer } from "../../../sandbox/dragonfly/container.ts";
import { type ControlClient, connectControl } from "../../../sandbox/dragonfly/control-client.ts";
import { findStore } from "../../../sandbox/dragonfly/find-store.ts";
import { claimNetwork } from "../../../sandbox/world/loopback.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * The server under test: the sandbox's, or a real one when these are set. Nothing but keys under
 * `{dfbot-conformance}` is written, and they are deleted again.
 *   DFBOT_CONFORMANCE_DRAGONFLY           host:port of a primary's admin port (no password, HTTP on the same port)
 *   DFBOT_CONFORMANCE_DRAGONFLY_DATA      host:port of its data port, which asks for a password
 *   DFBOT_CONFORMANCE_DRAGONFLY_PASSWORD
 *   DFBOT_CONFORMANCE_DRAGONFLY_REPLICA   host:port of a replica's admin port
 */
export interface Subject {
  readonly admin: Address;
  readonly data: Address | undefined;
  readonly replica: Address | undefined;
  readonly password: string;
  readonly simulated: boolean;
  /** A line to one of the addresses, closed with the subject. */
  connect(address: Address, password?: string): Promise<ControlClient>;
  close(): Promise<void>;
}

export async function openSubject(): Promise<Subject> {
  const real = fromEnvironment("DFBOT_CONFORMANCE_DRAGONFLY");
  const lines: ControlClient[] = [];
  const connect = async (address: Address, password?: string) => {
    const line = await connectControl({ ...address, password });
    lines.push(line);
    return line;
  };
  const closeLines = () => {
    for (const line of lines) line.close();
  };
  if (real !== undefined) {
    return {
      admin: real,
      data: fromEnvironment("DFBOT_CONFORMANCE_DRAGONFLY_DATA"),
      replica: fromEnvironment("DFBOT_CONFORMANCE_DRAGONFLY_REPLICA"),
      password: process.env["DFBOT_CONFORMANCE_DRAGONFLY_PASSWORD"] ?? "",
      simulated: false,
      connect,
      close: async () => closeLines(),
    };
  }
  const pair = await startPair();
  return {
    ...pair,
    simulated: true,
    connect,
    close: async () => {
      closeLines();
      await pair.stop();
    },
  };
}

/** What an environment variable says, or undefined. */
function fromEnvironment(name: string): Address | undefined {
  const value = process.env[name];
  if (value === undefined || value === "") return undefined;
  const [host = "", port = ""] = value.split(":");
  return { host, port: Number(port) };
}

/** A primary and a replica in sync, as the sandbox's pods run them. */
async function startPair() {
  const network = await claimNetwork();
  const directory = mkdtempSync(join(tmpdir(), "dfbot-pair-"));
  const password = "fake-password";
  const start = (ip: string): StoreContainer =>
    startContainer({
      store: findStore(),
      ip,
      password,
      version: "v1.40.1",
      args: ["--maxmemory=512mb", "--proactor_threads=2", "--snapshot_cron=0 */6 * * *"],
      directory: mkdtempSync(join(directory, "pod-")),
      memory: { formerIds: new Set(), cutOff: new Set() },
      onLine: () => {},
    });
  const [primaryIp, replicaIp] = [network.podAddress(), network.podAddress()];
  const containers = [start(primaryIp), start(replicaIp)];
  const stop = async () => {
    for (const container of containers) container.kill("SIGKILL");
    await Promise.all(containers.map((container) => container.exited));
    await network.release();
    rmSync(directory, { recursive: true, force: true });
  };
  await Promise.all(containers.map((container) => container.opened));
  const replica = await connectControl({ host: replicaIp, port: 9999 });
  await replica.command("REPLICAOF", primaryIp, "9999");
  await until(async () => String(await replica.command("ROLE")).endsWith("online"));
  replica.close();
  // The primary counts a replica as online a moment after the replica itself does.
  const primary = await connectControl({ host: primaryIp, port: 9999 });
  await until(async () => String(await primary.command("ROLE")).endsWith("online"));
  primary.close();
  return {
    admin: { host: primaryIp, port: 9999 },
    data: { host: primaryIp, port: 6379 },
    replica: { host: replicaIp, port: 9999 },
    password,
    stop,
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error("the pair did not come into sync");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Page {
  readonly code: number;
  readonly type: string | undefined;
  readonly body: string;
}

export function getPage({ host, port }: Address, path: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    request({ host, port, path }, (response) => {
      text(response).then(
        (body) => resolve({ code: response.statusCode ?? 0, type: response.headers["content-type"], body }),
        reject,
      );
    })
      .on("error", reject)
      .end();
  });
}
