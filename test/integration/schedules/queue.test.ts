import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createScheduleQueue, type ScheduleQueue } from "../../../src/store/schedule-queue.ts";
import { openStore } from "../../../src/store/store.ts";
import { type FaultyStore, startFaultyStore } from "../../chaos/store/redis.ts";

let server: FaultyStore;
beforeAll(async () => {
  server = await startFaultyStore();
});
afterAll(() => server?.stop());

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await server.command("FLUSHALL");
});

function queueOf(onDue: (id: string) => void = () => undefined): ScheduleQueue {
  const quiet = () => undefined;
  const store = openStore({ url: server.url, prefix: "{dfbot}", onOutage: quiet, onRecovery: quiet });
  const queue = createScheduleQueue({
    store,
    url: server.url,
    prefix: "{dfbot}",
    now: () => new Date(),
    onDue,
    onError: quiet,
  });
  cleanups.push(
    () => queue.stop(),
    () => store.close(),
  );
  return queue;
}
const nightly = { id: "verify", cron: "0 2 * * *", timeZone: "Europe/Zurich" };
const daily = { id: "connectivity", cron: "0 6 * * *", timeZone: "Europe/Zurich" };
const everySecond = { id: "verify", cron: "* * * * * *", timeZone: "UTC" };

describe("the schedules in the queue", () => {
  it("are made once, made anew when they are otherwise, and taken out when nobody wants them", async () => {
    const queue = queueOf();
    expect(await queue.reconcile([nightly, daily])).toEqual({ added: 2, removed: 0 });
    expect(await queueOf().reconcile([nightly, daily])).toEqual({ added: 0, removed: 0 });
    expect(await queue.reconcile([{ ...nightly, cron: "0 3 * * *" }, daily])).toEqual({ added: 1, removed: 0 });
    expect(await queue.reconcile([{ ...nightly, cron: "0 3 * * *", timeZone: "UTC" }])).toEqual({
      added: 1,
      removed: 1,
    });
    // One job each, however often: the one that waits for its time.
    expect(await server.command("ZCARD", "{dfbot}:schedules:delayed")).toBe(1);
  });

  it("are made again in a store that was emptied", async () => {
    const queue = queueOf();
    await queue.reconcile([nightly, daily]);
    await server.command("FLUSHALL");
    expect(await queue.reconcile([nightly, daily])).toEqual({ added: 2, removed: 0 });
  });

  it("say that something is due, to one of the processes, and go on after a store that came back empty", async () => {
    const said: string[] = [];
    const queues = [1, 2].map((n) => queueOf((id) => said.push(`${id} to ${n}`)));
    for (const queue of queues) {
      await queue.reconcile([everySecond]);
      queue.start();
    }
    const from = Date.now();
    await vi.waitUntil(() => said.length >= 2, { interval: 20 });
    expect(said.length).toBeLessThanOrEqual(Math.ceil((Date.now() - from) / 1_000) + 1);
    server.kill();
    await server.start("empty");
    const before = said.length;
    await vi.waitFor(() => queues[0]?.reconcile([everySecond]), { interval: 100 });
    await vi.waitUntil(() => said.length >= before + 2, { interval: 20 });
  });

  it("are refused at once while the store is away", async () => {
    const queue = queueOf();
    await queue.reconcile([nightly]);
    server.kill();
    const from = performance.now();
    const refused = await queue.reconcile([nightly]).catch((error: unknown) => error);
    const tookMs = performance.now() - from;
    await server.start("empty");
    expect(refused).toBeInstanceOf(Error);
    // It would have been tried again for ever.
    expect(tookMs).toBeLessThan(15_000);
  });
});
