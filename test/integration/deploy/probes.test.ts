import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StoreContainer, startContainer } from "../../../sandbox/dragonfly/container.ts";
import { findStore } from "../../../sandbox/dragonfly/find-store.ts";
import { backendPort } from "../../../sandbox/dragonfly/redis-process.ts";
import { claimNetwork } from "../../../sandbox/world/loopback.ts";
import { platformObjects } from "../../../sandbox/world/platform/platform.ts";

/** The shipped probe scripts, run by the shell against a real server in each of its states. */

const run = promisify(execFile);
let network: Awaited<ReturnType<typeof claimNetwork>>;
let folder: string;
let ip: string;
let server: StoreContainer;

beforeAll(async () => {
  network = await claimNetwork();
  folder = mkdtempSync(join(tmpdir(), "dfbot-probes-"));
  for (const { kind, ...object } of platformObjects("infra").flatMap(({ objects }) => objects)) {
    if (kind !== "ConfigMap" || object.metadata.namespace !== "dragonfly-system") continue;
    for (const [name, text] of Object.entries(object["data"] as Record<string, string>)) {
      if (name.endsWith(".sh")) writeFileSync(join(folder, name), text);
    }
  }
  ip = network.podAddress();
  server = startContainer({
    store: findStore(),
    ip,
    password: "",
    version: "v1.40.1",
    args: ["--maxmemory=512mb"],
    directory: folder,
    memory: { formerIds: new Set(), cutOff: new Set() },
    onLine: () => {},
  });
  await server.opened;
});
afterAll(async () => {
  server?.kill("SIGCONT");
  server?.kill("SIGKILL");
  await server?.exited;
  await network.release();
  rmSync(folder, { recursive: true, force: true });
});

/** `ok`, or what the script printed when it failed: what `kubectl describe pod` shows. */
async function probe(script: "liveness-check.sh" | "readiness-check.sh"): Promise<string> {
  const env = { PATH: process.env["PATH"], HEALTHCHECK_HOST: ip, HEALTHCHECK_PORT: "9999" };
  return await run("/bin/sh", [join(folder, script)], { env }).then(
    () => "ok",
    (error: unknown) => String((error as { stdout?: string }).stdout).trim(),
  );
}

describe("the probes of a server", () => {
  it("that serves: alive and ready", async () => {
    expect(await probe("liveness-check.sh")).toBe("ok");
    expect(await probe("readiness-check.sh")).toBe("ok");
  });

  it.skipIf(findStore().kind === "dragonfly")("that loads its snapshot: alive, but not ready", async () => {
    const line = new Redis({ host: ip, port: backendPort, protocol: 2, maxRetriesPerRequest: 0 });
    line.on("error", () => {});
    await line.call("DEBUG", "POPULATE", "2000");
    // Slow enough to be looked at, and listening meanwhile.
    await line.config("SET", "key-load-delay", "1000", "loading-process-events-interval-bytes", "1024");
    const loaded = line.call("DEBUG", "RELOAD");
    await expect.poll(() => probe("readiness-check.sh"), { interval: 50 }).toBe("still loading");
    expect(await probe("liveness-check.sh")).toBe("ok");
    await line.config("SET", "key-load-delay", "0").catch(() => undefined);
    await loaded;
    expect(await probe("readiness-check.sh")).toBe("ok");
    line.disconnect();
  });

  it("that hangs: neither, within the five seconds that the operator allows", async () => {
    server.kill("SIGSTOP");
    const started = performance.now();
    expect(await probe("readiness-check.sh")).toMatch(/^not ready/);
    expect(await probe("liveness-check.sh")).toMatch(/^not alive/);
    expect(performance.now() - started).toBeLessThan(2 * 5_000);
    server.kill("SIGCONT");
    expect(await probe("liveness-check.sh")).toBe("ok");
  });

  it("that is gone: neither, with the reason", async () => {
    server.kill("SIGKILL");
    await server.exited;
    expect(await probe("readiness-check.sh")).toMatch(/^not ready: Could not connect/);
    expect(await probe("liveness-check.sh")).toMatch(/^not alive: Could not connect/);
  });
});
