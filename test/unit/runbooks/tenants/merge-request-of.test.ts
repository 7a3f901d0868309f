import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../../../src/runbooks/durable/record.ts";
import { awakened, leftBehind, mergeRequestOf } from "../../../../src/runbooks/tenants/merge-request-of.ts";
import { access } from "./people.ts";
import { asked, trial } from "./world.ts";

/** Every form of the record that another process could have found, in order. */
async function forms(id: string, params: Record<string, unknown>, options: Parameters<typeof trial>[1] = {}) {
  const seen: RunRecord[] = [];
  const { kit, world } = trial(id, {
    ...options,
    meanwhile: (record) => {
      seen.push(record);
      return record;
    },
  });
  const { record } = await kit.run(params);
  return { seen: [...seen, record], world, record };
}

describe("the merge request of a run", () => {
  it("is known with the digest of the question only while that is open", async () => {
    const { seen, world, record } = await forms("access-allow", access);
    const head = world.git.mergeRequests[0]?.frozen?.head;
    const waiting = seen.find(({ state }) => state === "waiting");
    expect(mergeRequestOf(waiting as RunRecord)).toEqual({ iid: 1, head, digest: asked(record)[0]?.digest });
    expect(mergeRequestOf(record)).toEqual({ iid: 1, head });
  });

  it("is none before it was opened, and the one to look at for a review", async () => {
    const { record } = await forms("access-allow", access);
    const fresh: RunRecord = { ...record, checkpoints: record.checkpoints.slice(0, 1) };
    expect(mergeRequestOf(fresh)).toBeUndefined();
    const review = { ...fresh, runbook: "review", params: { mergeRequest: 7 }, checkpoints: [] };
    expect(mergeRequestOf(review)).toEqual({ iid: 7, head: undefined });
    // What is to be taken back is another one.
    expect(mergeRequestOf({ ...review, runbook: "revert" })).toBeUndefined();
  });

  it("is left behind when it was rejected, expired or called off, and not when it was merged or may go on", async () => {
    const rejected = await forms("access-allow", access, { decide: () => ({ state: "rejected", by: ["U2"] }) });
    expect(leftBehind(rejected.record)).toEqual({ iid: 1, why: "it was rejected in Slack" });
    const expired = await forms("access-allow", access, { decide: () => undefined });
    expect(leftBehind(expired.record)?.why).toContain("in time");
    expect(leftBehind({ ...rejected.record, runbook: "review" })).toBeUndefined();
    expect(leftBehind({ ...rejected.record, state: "failed" })).toBeUndefined();
    const { record } = await forms("access-allow", access);
    expect(leftBehind({ ...record, state: "cancelled" })).toBeUndefined();
  });

  it("need not be waited for any longer when something happened to it", async () => {
    const { seen } = await forms("access-allow", access);
    const sleeping = seen.find(({ state }) => state === "sleeping") as RunRecord;
    const now = new Date(Date.parse(sleeping.wakeAt ?? "") - 5_000);
    const awake = awakened(sleeping, now);
    expect(awake.wakeAt).toBe(now.toISOString());
    expect(awake.checkpoints.at(-1)).toMatchObject({ kind: "sleep", until: now.toISOString() });
    const waiting = seen.find(({ state }) => state === "waiting") as RunRecord;
    expect(awakened(waiting, now)).toBe(waiting);
    // It wakes by itself.
    expect(awakened(sleeping, new Date(now.getTime() + 10_000))).toBe(sleeping);
  });
});
