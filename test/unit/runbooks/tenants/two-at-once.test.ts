import { expect, it } from "vitest";
import { createRunDriver } from "../../../../src/runbooks/durable/driver.ts";
import { hasEnded, type RunRecord } from "../../../../src/runbooks/durable/record.ts";
import { tenantChanges } from "../../../../src/runbooks/tenants/catalog.ts";
import { mergeRequestOf } from "../../../../src/runbooks/tenants/merge-request-of.ts";
import { groupDecides } from "../../../fakes/decisions.ts";
import { noChanges } from "../../../fakes/platform-changes.ts";
import { memoryRunStore } from "../../../fakes/run-store.ts";
import { asked, config, createWorld } from "./world.ts";

const parent = `${config.tenants.directory}/kustomization.yaml`;
const wanted = (name: string) => ({
  ...{ name, namespace: `${name}-prod`, owner: "team", purpose: "jobs", memory: "2Gi", isolation: "own" },
});

/** A process of the bot over a world, with a clock of its own. */
function start() {
  let clock = Date.parse("2026-01-02T12:00:00Z");
  const now = () => new Date(clock);
  const world = createWorld({ now });
  const store = memoryRunStore();
  const runbooks = tenantChanges({
    config,
    platform: world.platform,
    changes: noChanges,
    git: world.git.changes,
    tell: async (note) => void world.told.push(note),
  });
  const driver = createRunDriver({
    store,
    runbooks,
    process: "p0",
    now,
    leaseMs: 60_000,
    concurrency: 4,
    pause: async () => undefined,
    approvalLifeMs: () => 3_600_000,
    decisionContext: groupDecides("platform", ["U0GRACE", "U0ADA"], { now }),
  });
  const records = async () => (await store.list()).map(({ record }) => record);
  /** Lets everything go on until nothing does any more but by people. */
  const settle = async (): Promise<readonly RunRecord[]> => {
    for (let rounds = 0; rounds < 500; rounds++) {
      const all = await records();
      if (all.every(({ state, owner }) => owner === undefined && (hasEnded(state) || isAsking(state, all)))) return all;
      await driver.sweep();
      clock += 5_000;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error("it did not settle");
  };
  return { world, driver, settle };
}

function isAsking(state: RunRecord["state"], all: readonly RunRecord[]): boolean {
  return state === "waiting" && all.some((one) => one.state === state && asked(one).at(-1)?.outcome === undefined);
}

it("two proposals for two tenants at once both land, the second on what the first has left", async () => {
  const { world, driver, settle } = start();
  const requester = { surface: "slack" as const, id: "U0ASKER" };
  for (const name of ["payments", "orders"]) {
    await driver.submit({ id: `run-${name}`, runbook: "tenant-propose", params: wanted(name), requester });
  }
  const approveAll = async (all: readonly RunRecord[]) => {
    for (const record of all.filter(({ state }) => state === "waiting")) {
      const digest = asked(record).at(-1)?.digest ?? "";
      await driver.vote(record.id, { person: "U0GRACE", choice: "approve", digest });
    }
  };
  await approveAll(await settle());
  const between = await settle();
  expect(between.map(({ state }) => state).toSorted()).toEqual(["succeeded", "waiting"]);
  const second = between.find(({ state }) => state === "waiting");
  expect(asked(second as RunRecord)).toHaveLength(2);
  expect(mergeRequestOf(second as RunRecord)).toMatchObject({ digest: asked(second as RunRecord)[1]?.digest });
  await approveAll(between);
  const ended = await settle();
  expect(ended.map(({ state, failure }) => [state, failure])).toEqual([
    ["succeeded", undefined],
    ["succeeded", undefined],
  ]);
  expect(world.git.text("main", parent)).toContain("- payments");
  expect(world.git.text("main", parent)).toContain("- orders");
  expect(world.git.mergeRequests.map(({ state }) => state)).toEqual(["merged", "merged"]);
  expect(world.git.did.filter((name) => name.startsWith("merge "))).toHaveLength(2);
}, 60_000);

it("whoever had a hand in what was pushed cannot approve it, by whatever name; two clicks of another are one merge", async () => {
  const { world, driver, settle } = start();
  const branch = "by-hand";
  const path = `${config.tenants.sharedDirectory}/networkpolicy.yaml`;
  world.git.people.push(branch, { [path]: `${world.git.text("main", path)}# by hand\n` }, "Ada@Example.com");
  const iid = world.git.people.open(branch, "ada");
  const requester = { surface: "webhook" as const, id: "U0ADA" };
  await driver.submit({ id: "run-1", runbook: "review", params: { mergeRequest: iid }, requester });
  const [record] = await settle();
  const digest = asked(record as RunRecord)[0]?.digest ?? "";
  await expect(driver.vote("run-1", { person: "U0ADA", choice: "approve", digest })).rejects.toMatchObject({
    code: "approval.own-request",
  });
  const click = () => driver.vote("run-1", { person: "U0GRACE", choice: "approve", digest }).catch(() => undefined);
  await Promise.all([click(), click()]);
  await settle();
  expect(world.git.did.filter((name) => name.startsWith("merge "))).toHaveLength(1);
});

it("voided in every state: while it is asked, it asks again; afterwards it is merged once, or was", async () => {
  const { world, driver, settle } = start();
  const requester = { surface: "slack" as const, id: "U0ASKER" };
  await driver.submit({ id: "run-1", runbook: "access-allow", params: { namespace: "payments-prod" }, requester });
  const digestNow = async () => asked((await settle())[0] as RunRecord).at(-1)?.digest ?? "";
  const first = await digestNow();
  await driver.voidApproval("run-1", first, "somebody pushed");
  const second = await digestNow();
  expect(second).not.toBe(first);
  // About the question before: nothing happens.
  await driver.voidApproval("run-1", first, "late");
  await driver.vote("run-1", { person: "U0GRACE", choice: "approve", digest: second });
  // Decided already.
  await driver.voidApproval("run-1", second, "too late");
  const [ended] = await settle();
  expect(ended?.state).toBe("succeeded");
  await driver.voidApproval("run-1", second, "far too late");
  expect(world.git.did.filter((name) => name.startsWith("merge "))).toHaveLength(1);
});
