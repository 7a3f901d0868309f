import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseInfo } from "../../../sandbox/dragonfly/accent/facts.ts";
import { type StoreContainer, startContainer } from "../../../sandbox/dragonfly/container.ts";
import { type ControlClient, connectControl } from "../../../sandbox/dragonfly/control-client.ts";
import { findStore } from "../../../sandbox/dragonfly/find-store.ts";
import { startRedis } from "../../../sandbox/dragonfly/redis-process.ts";
import { openRelay } from "../../../sandbox/dragonfly/relay.ts";
import {
  createSplitter,
  encodeCommand,
  encodeReply,
  endOfCommand,
  endOfReply,
} from "../../../sandbox/dragonfly/resp.ts";
import { until } from "../../../sandbox/faults/wait.ts";
import { claimNetwork, type Network } from "../../../sandbox/world/loopback.ts";

const password = "fake-password";
let network: Network;
let folder: string;
let containers: StoreContainer[];
let lines: ControlClient[];

beforeEach(async () => {
  network = await claimNetwork();
  folder = mkdtempSync(join(tmpdir(), "dfbot-facade-"));
  containers = [];
  lines = [];
});
afterEach(async () => {
  for (const line of lines) line.close();
  for (const container of containers) container.kill("SIGKILL");
  await Promise.all(containers.map((container) => container.exited));
  await network.release();
  rmSync(folder, { recursive: true, force: true });
});

async function pod(options: { ip?: string; args?: readonly string[] } = {}) {
  const ip = options.ip ?? network.podAddress();
  const memory = { formerIds: new Set<string>(), cutOff: new Set<string>() };
  const directory = mkdtempSync(join(folder, "pod-"));
  const start = async () => {
    const container = startContainer({
      store: findStore(),
      ip,
      password,
      memory,
      directory,
      version: "v1.40.1",
      args: options.args ?? ["--maxmemory=512mb"],
      onLine: () => {},
    });
    containers.push(container);
    await container.opened;
    return container;
  };
  return { ip, start, container: await start() };
}

async function admin(ip: string): Promise<ControlClient> {
  const line = await connectControl({ host: ip, port: 9999 });
  lines.push(line);
  return line;
}

function client(ip: string): Redis {
  const redis = new Redis({ host: ip, port: 6379, password, protocol: 2, retryStrategy: () => null });
  redis.on("error", () => {});
  return redis;
}

const linkOf = async (line: ControlClient) => parseInfo(String(await line.command("INFO", "REPLICATION")));

describe("the protocol", () => {
  const words = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { minLength: 1, maxLength: 6 });

  it.each([
    ["commands", encodeCommand, endOfCommand],
    ["replies", encodeReply, endOfReply],
  ] as const)("is cut into the same %s however it arrives", (_, encode, endOf) => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 30 })), (messages, sizes) => {
        const whole = messages.map((message) => encode(message));
        const bytes = Buffer.concat(whole);
        const split = createSplitter(endOf);
        const found: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % Math.max(1, sizes.length)] ?? bytes.length;
          found.push(...split(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(found.map((one) => one.toString("hex"))).toEqual(whole.map((one) => one.toString("hex")));
      }),
    );
  });
});

describe("the facade", () => {
  it("answers in the order of the commands, whoever answers them", async () => {
    const { ip } = await pod();
    const redis = client(ip);
    const results = await redis
      .pipeline()
      .set("{t}:a", "1")
      .config("GET", "dbfilename")
      .get("{t}:a")
      .info("server")
      .call("ROLE")
      .call("CONFIG", "SET", "maxmemory", "300mb")
      .get("{t}:a")
      .exec();
    expect(results?.map(([error, value]) => error ?? value)).toEqual([
      "OK",
      ["dbfilename", "dump"],
      "1",
      expect.stringContaining("dragonfly_version:df-v1.40.1"),
      ["master", []],
      "OK",
      "1",
    ]);
    redis.disconnect();
  });

  it("passes large values and deep pipelines unharmed", async () => {
    const { ip } = await pod();
    const redis = client(ip);
    const value = "x".repeat(3_000_000);
    await redis.set("{t}:large", value);
    expect(await redis.get("{t}:large")).toBe(value);
    const pipeline = redis.pipeline();
    for (let i = 0; i < 20_000; i++) pipeline.incr("{t}:n");
    const results = await pipeline.exec();
    expect(results?.at(-1)).toEqual([null, 20_000]);
    redis.disconnect();
  });

  it("carries subscriptions, transactions and blocking reads", async () => {
    const { ip } = await pod();
    const [redis, listener, waiter] = [client(ip), client(ip), client(ip)];
    const heard = new Promise((resolve) => listener.on("message", (_, text) => resolve(text)));
    await listener.subscribe("news");
    const popped = waiter.blpop("{t}:queue", 5);
    await redis.publish("news", "hello");
    await redis.rpush("{t}:queue", "job");
    expect(await heard).toBe("hello");
    expect(await popped).toEqual(["{t}:queue", "job"]);
    expect(await redis.multi().set("{t}:b", "2").get("{t}:b").exec()).toEqual([
      [null, "OK"],
      [null, "2"],
    ]);
    expect(await redis.info("server")).toContain("dragonfly_version");
    for (const one of [redis, listener, waiter]) one.disconnect();
  });

  it("says out of memory in Dragonfly's words, also from a script, and counts it", async () => {
    const { ip } = await pod();
    const redis = client(ip);
    await redis.call("CONFIG", "SET", "maxmemory", "100kb");
    await expect(redis.set("{t}:a", "1")).rejects.toThrow(/^ERR Out of memory$/);
    await expect(redis.eval("return redis.call('set',KEYS[1],1)", 1, "{t}:a")).rejects.toThrow(/Out of memory/);
    const info = parseInfo(await redis.info("stats"));
    expect(Number(info.get("oom_rejections"))).toBeGreaterThanOrEqual(1);
    redis.disconnect();
  });

  it("refuses one client too many, while the admin port still answers", async () => {
    const { ip } = await pod();
    const line = await admin(ip);
    await line.command("CONFIG", "SET", "maxclients", "1");
    const first = client(ip);
    await first.ping();
    const refusal = await new Promise((resolve) => {
      connect({ host: ip, port: 6379 }).once("data", (data) => resolve(String(data)));
    });
    expect(refusal).toBe("-ERR max number of clients reached\r\n");
    expect(await line.command("PING")).toBe("PONG");
    first.disconnect();
  });

  it("closes both ports at once when the process ends", async () => {
    const { ip, container } = await pod();
    container.kill("SIGKILL");
    await container.exited;
    for (const port of [6379, 9999]) {
      await expect(connectControl({ host: ip, port })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  it("tells a failed snapshot by last_failed_save and last_error only", async () => {
    const { ip } = await pod();
    const line = await admin(ip);
    const persistence = async () => parseInfo(String(await line.command("INFO", "PERSISTENCE")));
    expect((await persistence()).get("last_saved_file")).toBe("");
    expect(await line.command("SAVE")).toBe("OK");
    expect((await persistence()).get("last_saved_file")).toBe("/dragonfly/snapshots/dump-summary.dfs");
    await line.command("CONFIG", "SET", "maxmemory", "512mb");
    await expect(line.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")).rejects.toThrow(/Unknown option/);
  });
});

describe("replication", () => {
  async function pair() {
    const [first, second] = await Promise.all([pod(), pod()]);
    const [primary, replica] = await Promise.all([admin(first.ip), admin(second.ip)]);
    await replica.command("REPLICAOF", first.ip, "9999");
    await until("the replica is in sync", async () => String(await replica.command("ROLE")).endsWith("online"));
    return { first, second, primary, replica };
  }

  it("stays broken after the primary restarted at its address, until somebody says REPLICAOF again", async () => {
    const { first, replica } = await pair();
    first.container.kill("SIGKILL");
    await first.container.exited;
    await first.start();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await linkOf(replica)).get("master_link_status")).toBe("down");
    await replica.command("REPLICAOF", first.ip, "9999");
    await until("it is in sync again", async () => (await linkOf(replica)).get("master_link_status") === "up");
  });

  it("is cut for one replica and comes back by itself when mended", async () => {
    const { first, second, primary, replica } = await pair();
    first.container.cut(second.ip);
    await until("the link is down", async () => (await linkOf(replica)).get("master_link_status") === "down");
    expect(await primary.command("ROLE")).toEqual(["master", []]);
    first.container.mend(second.ip);
    await until("the link is up", async () => (await linkOf(replica)).get("master_link_status") === "up");
  });

  it("hands over with REPLTAKEOVER: nothing is lost, and the old primary ends", async () => {
    const { first, primary, replica } = await pair();
    await Promise.all(Array.from({ length: 500 }, (_, i) => primary.command("SET", `{t}:${i}`, "v")));
    expect(await replica.command("REPLTAKEOVER", "5")).toBe("OK");
    expect(await replica.command("ROLE")).toEqual(["master", []]);
    expect(await replica.command("DBSIZE")).toBe(500);
    expect((await first.container.exited).code).toBe(0);
  });

  it("refuses REPLTAKEOVER while the link is down", async () => {
    const { first, replica } = await pair();
    first.container.kill("SIGKILL");
    await first.container.exited;
    await until("the link is down", async () => (await linkOf(replica)).get("master_link_status") === "down");
    await expect(replica.command("REPLTAKEOVER", "5")).rejects.toThrow("ERR Full sync not done");
  });

  it("knows a replica by its own word when a relay stands before the primary", async () => {
    const ips = [network.podAddress(), network.podAddress()] as const;
    const processes = ips.map((ip) =>
      startRedis({
        program: findStore().path,
        ip,
        maxMemoryBytes: 1e8,
        directory: mkdtempSync(join(folder, "plain-")),
        onLine: () => {},
      }),
    );
    const [primary, replica] = await Promise.all(processes.map((one) => one.control));
    const relay = await openRelay(ips[0], new Set(), { main: 16379, admin: 16379 });
    try {
      await replica?.command("REPLICAOF", ips[0], "9999");
      const link = async () =>
        /master_link_status:(\w+)/.exec(String(await replica?.command("INFO", "replication")))?.[1];
      await until("the link is up", async () => (await link()) === "up");
      relay.cut(ips[1]);
      await until("the link is down", async () => (await link()) === "down");
      relay.mend(ips[1]);
      await until("the link is up again", async () => (await link()) === "up");
      expect(primary).toBeDefined();
    } finally {
      await relay.close();
      for (const one of processes) one.kill("SIGKILL");
      await Promise.all(processes.map((one) => one.exited));
    }
  });
});
