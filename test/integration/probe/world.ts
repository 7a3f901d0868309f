import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onPath } from "../../../sandbox/dragonfly/find-store.ts";
import { type ProbeResult, probeResultSchema } from "../../../src/probe/result.ts";
import { resolvConf } from "./names.ts";
import { makeNamespaces, type Namespaces, unfit } from "./namespaces.ts";
import { rules } from "./rules.ts";
import { writeWorldFiles } from "./world-files.ts";

export interface Ran {
  /** Of the only document on stdout. */
  readonly result: ProbeResult;
  /** From start to exit. */
  readonly wallMs: number;
}

export interface ProbeWorld {
  /** Path of a file that probes may read. */
  file(name: string): string;
  /** Runs the probe as a pod would. Rejects when it does not end well or prints anything but its document. */
  probe(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ran>;
  /** The same where there is no network. */
  probeAlone(args: readonly string[]): Promise<Ran>;
  /** Any other program where the probe runs; its standard output. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** The probe, to be done with as one likes. */
  start(args: readonly string[]): ChildProcess;
  close(): Promise<void>;
}

const program = join(import.meta.dirname, "../../../src/probe/main.ts");
const redisServer = ["redis-server", "valkey-server"]
  .map((name) => onPath(name, process.env["PATH"] ?? ""))
  .find((path) => path !== undefined);

/** Why the world cannot be there and how to make it so, or undefined. */
export function whyNot(): string | undefined {
  return redisServer === undefined ? "redis-server missing: apt-get install redis-server" : unfit(rules);
}

export async function openWorld(): Promise<ProbeWorld> {
  if (redisServer === undefined) throw new Error("redis-server missing");
  const folder = mkdtempSync(join(tmpdir(), "dfbot-probe-"));
  await writeWorldFiles(folder);
  const namespaces = makeNamespaces(resolvConf, rules);
  const server = namespaces.asServer(process.execPath, [join(import.meta.dirname, "servers.ts"), folder, redisServer], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const gone = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const close = async () => {
    server.kill("SIGTERM");
    await gone;
    namespaces.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(server);
  } catch (error) {
    await close();
    throw error;
  }
  // As in the image.
  const environment = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(folder, "compiled") };
  const start = (
    where: Namespaces["asClient"],
    args: readonly string[],
    extra: Readonly<Record<string, string>> = {},
  ) => where(process.execPath, [program, ...args], { env: { ...environment, ...extra } });
  return {
    file: (name) => join(folder, name),
    probe: (args, extra) => finish(start(namespaces.asClient, args, extra)),
    probeAlone: (args) => finish(start(namespaces.asLonely, args)),
    run: async (command, args) => (await output(namespaces.asClient(command, args))).stdout,
    start: (args) => start(namespaces.asClient, args),
    close,
  };
}

/** Once it has said so. */
async function ready(server: ChildProcess): Promise<void> {
  let errors = "";
  server.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    server.stdout?.once("data", () => resolve());
    server.once("exit", (code) => reject(new Error(`the servers ended at once (exit ${code}): ${errors}`)));
    setTimeout(() => reject(new Error(`the servers were not ready in time: ${errors}`)), 30_000).unref();
  });
}

export async function finish(child: ChildProcess): Promise<Ran> {
  const started = performance.now();
  const { stdout, stderr, code } = await output(child);
  if (code !== 0 || stderr !== "") throw new Error(`exit ${code}: ${stderr}${stdout}`);
  return { result: probeResultSchema.parse(JSON.parse(stdout)), wallMs: performance.now() - started };
}

async function output(child: ChildProcess) {
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [stdout, stderr, code] = await Promise.all([
    child.stdout === null ? "" : text(child.stdout),
    child.stderr === null ? "" : text(child.stderr),
    exited,
  ]);
  return { stdout, stderr, code };
}
