import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface BotProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it logged, as it came. */
  readonly output: () => string;
  stop(): Promise<void>;
}

const startWithinMs = 60_000;
/** As the image starts it: see the Dockerfile's ENTRYPOINT. A small young generation saves a fifth of the memory. */
export const botCommand = ["--max-semi-space-size=2", join(import.meta.dirname, "../src/main.ts"), "serve"] as const;

/** Runs the bot as in production: its own process, told everything by its environment. Resolves when it is ready. */
export async function startBot(options: {
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
}): Promise<BotProcess> {
  const child = spawn(process.execPath, botCommand, {
    // Nothing of the caller's own settings may leak into the bot.
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
      ...options.env,
      PORT: String(options.port),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (data: Buffer) => {
    output = (output + data).slice(-1_000_000);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const bot: BotProcess = {
    url: `http://127.0.0.1:${options.port}`,
    child,
    output: () => output,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(timer);
    },
  };
  const deadline = Date.now() + startWithinMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the bot ended with code ${child.exitCode}:\n${output}`);
    if (await isSettled(bot.url)) return bot;
    await sleep(25);
  }
  await bot.stop();
  throw new Error(`the bot was not ready within ${startWithinMs / 1_000} s:\n${output}`);
}

/** Ready, and it has looked at everything it depends on once: before that it is busy with loading what for. */
async function isSettled(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`).catch(() => undefined);
  return response?.ok === true && !(await response.text()).includes('"not looked at yet"');
}

/** Below those that the kernel gives to connections and to servers that ask for any (`ip_local_port_range`). */
const ports = { first: 10_000, count: 22_000 };
let asked = 0;

/**
 * A port of 127.0.0.1 that nobody listens on, for a program that is started later: so it is none that the kernel may give away meanwhile,
 * and processes begin to look at different ones.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = ports.first + ((process.pid * 331 + asked++) % ports.count);
    if (await canListen(port)) return port;
  }
  throw new Error("No free port was found below those of the kernel");
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
