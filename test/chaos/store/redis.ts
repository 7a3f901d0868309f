import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../../sandbox/bot-process.ts";

/** A real store process behind a proxy, with everything that may happen to it. */
export interface FaultyStore {
  /** As the bot finds it: through the proxy, with the password of the moment. */
  url(): string;
  command(...words: string[]): Promise<unknown>;
  kill(): void;
  /** With the snapshot that there is, or with none. */
  start(data: "kept" | "empty"): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** What the way to it is like; a change cuts nothing that `cut` does not. */
  readonly way: { mode: "open" | "blackhole" | "refused"; delayMs: number };
  /** Ends every connection on the way. */
  cut(): void;
  /** The password that the store wants, and whether the bot's URL has it. */
  setPassword(password: string, told: boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startFaultyStore(): Promise<FaultyStore> {
  const directory = mkdtempSync(join(tmpdir(), "dfbot-store-"));
  const port = await freePort();
  const proxyPort = await freePort();
  const way: FaultyStore["way"] = { mode: "open", delayMs: 0 };
  let child: ChildProcess | undefined;
  let password = "";
  let toldPassword = "";

  const command = async (...words: string[]) => {
    const [name = "", ...rest] = words;
    const redis = new Redis({ port, protocol: 2, lazyConnect: true, ...(password === "" ? {} : { password }) });
    redis.on("error", () => undefined);
    try {
      return await redis.call(name, ...rest);
    } finally {
      redis.disconnect();
    }
  };
  const start = async (data: "kept" | "empty") => {
    if (data === "empty") rmSync(join(directory, "dump.rdb"), { force: true });
    const auth = password === "" ? [] : ["--requirepass", password];
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "", ...auth];
    child = spawn("redis-server", options, { stdio: "ignore" });
    for (let tries = 0; tries < 250; tries++) {
      if (await command("PING").then(Boolean, () => false)) return;
      await sleep(20);
    }
    throw new Error("the store did not start");
  };
  const proxy = await startProxy(proxyPort, port, way);
  await start("empty");
  return {
    url: () => `redis://${toldPassword === "" ? "" : `:${toldPassword}@`}127.0.0.1:${proxyPort}`,
    command,
    kill: () => child?.kill("SIGKILL"),
    start,
    signal: (signal) => child?.kill(signal),
    way,
    cut: proxy.cut,
    setPassword: async (next, told) => {
      await command("CONFIG", "SET", "requirepass", next);
      password = next;
      if (told) toldPassword = next;
    },
    stop: async () => {
      child?.kill("SIGCONT");
      child?.kill("SIGKILL");
      proxy.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startProxy(port: number, to: number, way: FaultyStore["way"]) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const server: Server = createServer((near) => {
    keep(near);
    if (way.mode === "refused") {
      near.destroy();
      return;
    }
    const far = connect(to, "127.0.0.1");
    keep(far);
    const pass = (from: Socket, into: Socket) => {
      from.on("data", (data) => {
        // What a blackhole swallows is gone: it is not sent later.
        if (way.mode === "blackhole") return;
        if (way.delayMs === 0) into.write(data);
        else setTimeout(() => into.destroyed || into.write(data), way.delayMs);
      });
      from.on("close", () => into.destroy());
    };
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    cut,
    stop: () => {
      server.close();
      cut();
    },
  };
}
