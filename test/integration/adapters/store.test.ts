import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../sandbox/bot-process.ts";
import { openStore, type Store } from "../../../src/store/store.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function redis(port: number, ...options: readonly string[]): Promise<ChildProcess> {
  const child = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", ...options], {
    stdio: "ignore",
  });
  cleanups.push(() => child.kill("SIGKILL"));
  // What is counted below is the store's going away, not that it was not there yet.
  await vi.waitFor(() => reachable(port), { interval: 20 });
  return child;
}

const reachable = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });

interface Watched {
  readonly store: Store;
  readonly outages: string[];
  readonly recoveries: () => number;
}

function watched(url: string): Watched {
  const outages: string[] = [];
  let recoveries = 0;
  const store = openStore({
    url: () => url,
    prefix: "{dfbot}",
    onOutage: (error) => outages.push(error.message),
    onRecovery: () => {
      recoveries += 1;
    },
  });
  cleanups.push(() => store.close());
  return { store, outages, recoveries: () => recoveries };
}

const works = (store: Store) => vi.waitFor(() => store.checkQueue(), { interval: 100 });

describe("the store", () => {
  it("keeps values for their time, and proves that the queue works there", async () => {
    const port = await freePort();
    await redis(port);
    const { store } = watched(`redis://127.0.0.1:${port}`);
    expect(await works(store)).toMatch(/waiting 0/);
    await store.set("report:1", "text", 60);
    expect(await store.get("report:1")).toBe("text");
    expect(await store.get("report:2")).toBeNull();
  });

  it("with a wrong password says so, without the password", async () => {
    const port = await freePort();
    await redis(port, "--requirepass", "right");
    const { store } = watched(`redis://:fake-wrong@127.0.0.1:${port}`);
    await vi.waitFor(() => expect(store.checkQueue()).rejects.toMatchObject({ code: "store.auth" }));
    const error: unknown = await store.checkQueue().catch((caught: unknown) => caught);
    expect(String(error)).not.toContain("fake-wrong");
  });

  it("that is away fails at once, is told of once, and is used again when it is back", async () => {
    const port = await freePort();
    const first = await redis(port);
    const { store, outages, recoveries } = watched(`redis://127.0.0.1:${port}`);
    await works(store);
    first.kill("SIGKILL");
    await vi.waitFor(() => expect(store.checkQueue()).rejects.toMatchObject({ code: "store.unreachable" }));
    const started = performance.now();
    await expect(store.get("x")).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(15_000);
    await vi.waitFor(() => expect(outages).toHaveLength(1));
    await redis(port);
    await works(store);
    expect(outages).toHaveLength(1);
    expect(recoveries()).toBe(1);
  });

  it("that accepts connections and never answers does not hold anybody up", async () => {
    const silent = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    cleanups.push(() => silent.close());
    const { store } = watched(`redis://127.0.0.1:${port}`);
    await expect(store.checkQueue()).rejects.toMatchObject({ code: "store.hanging" });
  });
});
