import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../sandbox/bot-process.ts";
import { createServiceProxy, type ServiceProxy } from "../../../sandbox/world/service-proxy.ts";
import type { CanaryLog, RunningCanary } from "../../../src/platform/canary.ts";
import { gapOf, measure } from "../../../src/runbooks/drill/measure.ts";
import { createCanary } from "../../../src/store/canary.ts";

/** A canary on real servers behind an address that leads now to one and now to another, as a Service does. */

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function redis(...options: readonly string[]) {
  const port = await freePort();
  // A replica writes what it gets in a full sync to its folder.
  const dir = await mkdtemp(join(tmpdir(), "dfbot-canary-"));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
  const child = spawn("redis-server", [...settings, ...options], { stdio: "ignore" });
  cleanups.push(() => child.kill("SIGKILL"));
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50 });
  client.on("error", () => undefined);
  cleanups.push(() => client.disconnect());
  await vi.waitFor(() => client.ping(), { interval: 20 });
  return { port, child, client };
}

async function pair() {
  const primary = await redis();
  const replica = await redis("--replicaof", `127.0.0.1 ${primary.port}`);
  await vi.waitFor(async () => expect(await replica.client.info("replication")).toContain("master_link_status:up"));
  return { primary, replica };
}

async function behind(target: { readonly port: number }): Promise<{ service: ServiceProxy; url: string }> {
  const port = await freePort();
  const service = createServiceProxy("127.0.0.1", port);
  cleanups.push(() => service.stop());
  const to = ({ port: at }: { readonly port: number }) => ({ host: "127.0.0.1", port: at });
  service.pointAt(to(target));
  return { service, url: `redis://127.0.0.1:${port}` };
}

const canaryOf = (url: string | undefined) => createCanary({ url: () => url, prefix: "{dfbot}" });
/** Until so many writes, sent after this moment, came to this. */
const wrote = (canary: RunningCanary, count: number, outcome = "ok", after = 0) =>
  vi.waitUntil(
    () =>
      canary.tries().filter((one) => one.kind === "write" && one.outcome === outcome && one.sentAt > after).length >=
      count,
    { interval: 10 },
  );
const missing = ({ readBack }: CanaryLog) => (readBack.ok ? readBack.missing : undefined);

describe("the canary", () => {
  it("says who answers where clients go, and that nobody does", async () => {
    const { primary, replica } = await pair();
    const id = /master_replid:(\w+)/.exec(await primary.client.info("replication"))?.[1];
    const { signal } = new AbortController();
    const reached = ({ port }: { readonly port: number }) => canaryOf(`redis://127.0.0.1:${port}`).reached(signal);
    expect(await reached(primary)).toEqual({ role: "primary", replicationId: id });
    expect(await reached(replica)).toEqual({ role: "replica", replicationId: id });
    expect(await reached(await redis())).not.toEqual({ role: "primary", replicationId: id });
    await expect(reached({ port: await freePort() })).rejects.toMatchObject({ code: "store.unreachable" });
    await expect(canaryOf(undefined).reached(signal)).rejects.toMatchObject({ code: "canary.not-configured" });
  });

  it("writes and reads without an error, finds all of it again, and leaves nothing", async () => {
    const { primary } = await pair();
    const { url } = await behind(primary);
    const canary = await canaryOf(url).start(10);
    await wrote(canary, 20);
    const [key = ""] = await primary.client.keys("{dfbot}:canary:*");
    expect(await primary.client.ttl(key)).toBeGreaterThan(60);
    const log = await canary.end();
    expect(new Set(log.tries.map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
    expect(new Set(log.tries.map(({ kind }) => kind))).toEqual(new Set(["write", "read"]));
    expect(missing(log)).toEqual([]);
    expect(await primary.client.keys("*")).toEqual([]);
  });

  it("counts exactly what was acknowledged and is not on the server that came after", async () => {
    const { primary, replica } = await pair();
    const { service, url } = await behind(primary);
    const canary = await canaryOf(url).start(10);
    await wrote(canary, 10);
    // From here on the replica gets nothing more.
    await replica.client.replicaof("NO", "ONE");
    const kept = (await replica.client.keys("{dfbot}:canary:*")).map((key) => Number(key.split(":").at(-1)));
    await wrote(canary, 10, "ok", canary.elapsedMs());
    // For as long as it takes no write, a reader looks for what was acknowledged last, and that is gone.
    await replica.client.config("SET", "min-replicas-to-write", "1");
    const evictedAt = canary.elapsedMs();
    primary.child.kill("SIGKILL");
    service.pointAt({ host: "127.0.0.1", port: replica.port });
    await vi.waitUntil(() => canary.tries().some(({ outcome }) => outcome === "stale"), { interval: 10 });
    await replica.client.config("SET", "min-replicas-to-write", "0");
    await wrote(canary, 10, "ok", canary.elapsedMs());
    const log = await canary.end();
    const lost = log.tries
      .filter(({ kind, outcome, sentAt }) => kind === "write" && outcome === "ok" && sentAt < evictedAt)
      .map(({ number }) => number)
      .filter((number) => !kept.includes(number));
    expect(lost.length).toBeGreaterThan(5);
    expect(missing(log)).toEqual(lost);
    const seen = measure(log, evictedAt);
    expect(seen.lost).toBe(lost.length);
    expect(seen.writes.isOpen).toBe(false);
    expect(gapOf(seen.writes)).toBeGreaterThan(20);
    expect(seen.reads.failures["stale"] ?? 0).toBeGreaterThan(0);
  });

  it("calls a Service that leads to a replica READONLY, and comes back when it leads to the primary", async () => {
    const { primary, replica } = await pair();
    const { service, url } = await behind(primary);
    const canary = await canaryOf(url).start(10);
    await wrote(canary, 10);
    const evictedAt = canary.elapsedMs();
    service.pointAt({ host: "127.0.0.1", port: replica.port });
    await primary.client.call("CLIENT", "KILL", "TYPE", "normal").catch(() => undefined);
    await wrote(canary, 1, "READONLY");
    const seenAt = canary.elapsedMs();
    await wrote(canary, 4, "READONLY");
    const mendedAt = canary.elapsedMs();
    service.pointAt({ host: "127.0.0.1", port: primary.port });
    await wrote(canary, 10, "ok", mendedAt);
    const { writes, reconnects } = measure(await canary.end(), evictedAt);
    expect(writes.failures["READONLY"]).toBeGreaterThan(3);
    expect(writes.isOpen).toBe(false);
    expect(writes.errorToOkMs).toBeGreaterThanOrEqual(Math.floor(mendedAt - seenAt));
    expect(reconnects).toBeGreaterThan(2);
  });

  it("ends in bounded time on a server that never comes back, and does not guess what is lost", async () => {
    const primary = await redis();
    const { service, url } = await behind(primary);
    const canary = await canaryOf(url).start(10);
    await wrote(canary, 5);
    const evictedAt = canary.elapsedMs();
    primary.child.kill("SIGKILL");
    service.pointAt(undefined);
    await wrote(canary, 4, "ECONNREFUSED");
    const began = performance.now();
    const log = await canary.end();
    expect(performance.now() - began).toBeLessThan(30_000);
    const { writes, lost, lostReason } = measure(log, evictedAt);
    expect([writes.isOpen, lost]).toEqual([true, null]);
    expect(lostReason).toMatch(/does not answer/);
    expect(writes.failures["ECONNREFUSED"]).toBeGreaterThan(3);
  });

  it("counts a server that hangs as one that does not answer in time", async () => {
    const primary = await redis();
    const { url } = await behind(primary);
    const canary = await canaryOf(url).start(20);
    await wrote(canary, 5);
    const evictedAt = canary.elapsedMs();
    primary.child.kill("SIGSTOP");
    await wrote(canary, 6, "timeout");
    primary.child.kill("SIGCONT");
    await wrote(canary, 10, "ok", canary.elapsedMs());
    const { writes } = measure(await canary.end(), evictedAt);
    expect(writes.failures["timeout"]).toBeGreaterThan(5);
    expect(writes.isOpen).toBe(false);
    expect(gapOf(writes)).toBeGreaterThan(1_000);
  });
});
