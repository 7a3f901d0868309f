import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorld, type World } from "../../../sandbox/world/world.ts";

/** Everything of BullMQ that the bot uses or will use, as the user that the shipped ACL gives it. */

let world: World;
const closing: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  world = await startWorld({ metrics: false });
});
afterAll(async () => {
  await Promise.all(closing.map((one) => one.close()));
  await world?.stop();
});

const options = (prefix = "{dfbot}") => ({
  connection: { url: world.storeUrl("dfbot"), protocol: 2 as const, maxRetriesPerRequest: null },
  prefix,
});
function opened<T extends { close(): Promise<unknown> }>(one: T): T {
  closing.push(one);
  return one;
}
const queueOf = (name: string) => opened(new Queue(name, options()));

describe("as the user dfbot, BullMQ", () => {
  it("runs, retries, fails, delays, and tells of it in events", async () => {
    const queue = queueOf("jobs");
    const events = opened(new QueueEvents("jobs", options()));
    await events.waitUntilReady();
    const seen: string[] = [];
    for (const name of ["completed", "failed", "delayed", "progress"] as const) events.on(name, () => seen.push(name));
    let attempts = 0;
    opened(
      new Worker(
        "jobs",
        async (job) => {
          await job.updateProgress(50);
          await job.log("a line");
          if (job.name === "twice" && ++attempts < 2) throw new Error("once more");
          if (job.name === "never") throw new Error("no");
          return job.name;
        },
        options(),
      ),
    );
    const twice = await queue.add("twice", {}, { attempts: 3, backoff: { type: "fixed", delay: 20 } });
    expect(await twice.waitUntilFinished(events, 10_000)).toBe("twice");
    const never = await queue.add("never", {});
    await expect(never.waitUntilFinished(events, 10_000)).rejects.toThrow("no");
    const later = await queue.add("later", {}, { delay: 30 });
    expect(await later.waitUntilFinished(events, 10_000)).toBe("later");
    expect(await queue.getJobLogs(later.id ?? "")).toMatchObject({ count: 1 });
    await expect.poll(() => new Set(seen).size).toBe(4);
  });

  it("knows its workers, which takes CLIENT LIST and CLIENT SETNAME", async () => {
    const queue = queueOf("workers");
    const worker = opened(new Worker("workers", async () => undefined, { ...options(), name: "one" }));
    await worker.waitUntilReady();
    await expect.poll(async () => (await queue.getWorkers()).map(({ rawname }) => rawname)).not.toEqual([]);
  });

  it("keeps schedules, priorities, deduplication, flows, and can be paused and emptied", async () => {
    const queue = queueOf("more");
    await queue.upsertJobScheduler("nightly", { pattern: "0 3 * * *" }, { name: "nightly" });
    expect(await queue.getJobSchedulers()).toHaveLength(1);
    await queue.add("one", {}, { priority: 5, deduplication: { id: "only" } });
    await queue.add("one", {}, { priority: 5, deduplication: { id: "only" } });
    expect(await queue.getJobCountByTypes("prioritized")).toBe(1);
    const flows = opened(new FlowProducer(options()));
    const flow = await flows.add({
      name: "parent",
      queueName: "more",
      children: [{ name: "child", queueName: "more" }],
    });
    expect(await flow.job.getState()).toBe("waiting-children");
    await queue.pause();
    expect(await queue.isPaused()).toBe(true);
    await queue.removeJobScheduler("nightly");
    await queue.obliterate({ force: true });
    expect(await queue.getJobCounts()).toMatchObject({ waiting: 0, delayed: 0, prioritized: 0 });
  });

  it("is refused everywhere but under its own prefix", async () => {
    const elsewhere = opened(new Queue("jobs", { ...options("{harbor}"), skipVersionCheck: true }));
    elsewhere.on("error", () => {});
    await expect(elsewhere.add("x", {})).rejects.toThrow(/NOPERM dfbot has no ACL permissions/);
  });
});

describe("the other consumers", () => {
  const as = (user: string) => new Redis(world.storeUrl(user), { protocol: 2, maxRetriesPerRequest: 0 });

  it.each(["gitlab", "harbor"])("%s may use its data, but not operate the server", async (user) => {
    const line = as(user);
    expect(await line.set(`${user}:a`, "1")).toBe("OK");
    expect(await line.multi().incr(`${user}:n`).get(`${user}:a`).exec()).toEqual([
      [null, 1],
      [null, "1"],
    ]);
    expect(await line.eval("return redis.call('GET', KEYS[1])", 1, `${user}:a`)).toBe("1");
    expect(await line.info("server")).toContain("dragonfly_version");
    for (const command of [
      ["FLUSHALL"],
      ["KEYS", "*"],
      ["CONFIG", "GET", "*"],
      ["SHUTDOWN"],
      ["REPLICAOF", "NO", "ONE"],
      ["ACL", "LIST"],
    ]) {
      await expect(line.call(...(command as [string, ...string[]]))).rejects.toThrow(`NOPERM ${user}`);
    }
    line.disconnect();
  });

  it("nobody gets in without a password", async () => {
    const { host } = new URL(world.storeUrl("dfbot"));
    const stranger = new Redis(`redis://${host}`, { protocol: 2, maxRetriesPerRequest: 0 });
    stranger.on("error", () => {});
    await expect(stranger.get("a")).rejects.toThrow(/NOAUTH|closed/);
    stranger.disconnect();
  });
});
