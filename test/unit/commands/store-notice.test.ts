import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Dependency, DependencyState } from "../../../src/checks.ts";
import type { Sender } from "../../../src/commands/delivery/sender.ts";
import { createStoreNotice } from "../../../src/commands/store-notice.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

const store = (state: DependencyState, detail = ""): Dependency => ({
  name: "store",
  state,
  detail,
  checkedAt: null,
  ageMs: null,
});
const settle = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
};

function replicas(names: readonly string[]) {
  const locks = memoryRunStore();
  const posted: string[] = [];
  const updated: string[] = [];
  const sender: Sender = {
    post: async (channel, { text }) => {
      posted.push(text);
      return { channel, ts: String(posted.length) };
    },
    postIf: async () => undefined,
    find: async () => undefined,
    update: async (_, message) => void updated.push(message.text),
  };
  const deps = {
    channel: "C0OPS",
    sender,
    locks,
    now: () => new Date(),
    onTrouble: (error: unknown) => expect(error).toBeUndefined(),
  };
  return { posted, updated, notices: names.map((process) => createStoreNotice({ ...deps, process })) };
}

describe("an outage of the store", () => {
  it("is told of once by all replicas, and the same message says when it is over", async () => {
    const { posted, updated, notices } = replicas(["a", "b"]);
    for (const notice of notices) notice.changed(store("degraded", "The store does not answer"));
    await settle(4_000);
    expect(posted).toEqual([
      expect.stringMatching(/not usable[\s\S]*The store does not answer[\s\S]*New changes are refused/),
    ]);
    await settle(60_000);
    for (const notice of notices) notice.changed(store("ok"));
    await settle(0);
    expect(updated).toEqual([
      expect.stringMatching(/is back[\s\S]*after 64 s[\s\S]*It was: The store does not answer/),
    ]);
    await settle(40_000);
    for (const notice of notices) notice.changed(store("degraded", "again"));
    await settle(4_000);
    expect(posted).toHaveLength(2);
  });

  it("that is over within seconds is not told of", async () => {
    const { posted, notices } = replicas(["a"]);
    notices[0]?.changed(store("degraded", "x"));
    await settle(2_000);
    notices[0]?.changed(store("ok"));
    await settle(60_000);
    expect(posted).toEqual([]);
  });

  it("is told of by another replica when the one that told of the last died with it", async () => {
    const { posted, notices } = replicas(["dies", "lives"]);
    notices[0]?.changed(store("degraded", "first"));
    await settle(4_000);
    notices[0]?.stop();
    notices[1]?.changed(store("ok"));
    await settle(30_000);
    notices[1]?.changed(store("degraded", "second"));
    await settle(4_000);
    expect(posted).toHaveLength(2);
  });
});
