import { describe, expect, it } from "vitest";
import { drillFailover } from "../../../../src/runbooks/changes/drill-failover.ts";
import { failover } from "../../../../src/runbooks/changes/failover.ts";
import { reattachReplica } from "../../../../src/runbooks/changes/reattach-replica.ts";
import { restartReplica } from "../../../../src/runbooks/changes/restart-replica.ts";
import { snapshot } from "../../../../src/runbooks/changes/snapshot.ts";
import { ips, primaryState, replicaState } from "../../../fakes/platform.ts";
import { type Make, made, type World, world } from "./world.ts";

interface Book {
  readonly name: string;
  readonly make: Make;
  readonly params: Record<string, unknown>;
  readonly effect: string;
  readonly prepare?: (world: World) => void;
}

const books: readonly Book[] = [
  { name: "snapshot", make: (deps) => made(snapshot(deps)), params: {}, effect: "save dragonfly-0" },
  {
    name: "restart-replica",
    make: (deps) => made(restartReplica(deps)),
    params: { pod: "dragonfly-1" },
    effect: "evict dragonfly-1",
  },
  {
    name: "failover",
    make: (deps) => made(failover(deps)),
    params: { to: "dragonfly-1" },
    effect: "evict dragonfly-0",
  },
  {
    name: "drill-failover",
    make: (deps) => made(drillFailover(deps)),
    params: {},
    effect: "evict dragonfly-0",
  },
  {
    name: "reattach-replica",
    make: (deps) => made(reattachReplica(deps)),
    params: { pod: "dragonfly-1" },
    effect: `follow dragonfly-1 ${ips[0]}`,
    prepare: ({ servers }) => {
      servers["dragonfly-1"] = replicaState({
        role: {
          kind: "replica",
          link: { host: ips[0], port: 9999, up: false, syncInProgress: false, lastIoSecondsAgo: 90 },
        },
      });
    },
  },
];

describe.each(books)("$name", ({ make, params, effect, prepare }) => {
  it("does what was approved, once, and says so", async () => {
    const { state, kit } = world(make, prepare);
    const { record } = await kit.run(params);
    expect(record.failure).toBeUndefined();
    expect(record.state).toBe("succeeded");
    expect(state.did).toEqual([effect]);
    const approval = record.checkpoints.find(({ kind }) => kind === "approval");
    expect(approval).toMatchObject({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      plan: { effects: expect.arrayContaining([expect.objectContaining({ key: expect.any(String) })]) },
    });
  });

  it("does nothing when it is rejected, or when nobody answers", async () => {
    for (const state of ["rejected", undefined] as const) {
      const decide = () => (state === undefined ? undefined : { state, by: ["U2"] });
      const { state: after, kit } = world(make, prepare, { decide });
      expect((await kit.run(params)).record.state).toBe(state ?? "expired");
      expect(after.did).toEqual([]);
    }
  });

  it("does nothing when another pod is the primary by the time it is approved, and names the difference", async () => {
    const swap = { now: () => {} };
    const { state, kit } = world(make, prepare, {
      decide: () => {
        swap.now();
        return { state: "approved", by: ["U2"] };
      },
    });
    swap.now = () => {
      const { "dragonfly-0": first, "dragonfly-2": last } = state.servers;
      if (first !== undefined && last !== undefined)
        Object.assign(state.servers, { "dragonfly-0": last, "dragonfly-2": first });
    };
    const { record } = await kit.run(params);
    expect(record).toMatchObject({ state: "failed", failure: { code: "plan.drifted" } });
    expect(record.failure?.message).toContain("dragonfly-0 is the primary: expected");
    expect(state.did).toEqual([]);
  });

  it("killed at every boundary in turn, still does it exactly once", async () => {
    const { boundaries } = await world(make, prepare).kit.run(params);
    for (const index of boundaries.keys()) {
      const { state, kit } = world(make, prepare, { crashAt: [index] });
      const { record } = await kit.run(params);
      expect([boundaries[index], record.state, state.did]).toEqual([boundaries[index], "succeeded", [effect]]);
    }
  });
});

describe("a change is refused", () => {
  it.each<[string, Make, Record<string, unknown>, (world: World) => void, string, RegExp]>([
    [
      "for the primary",
      (deps) => made(restartReplica(deps)),
      { pod: "dragonfly-0" },
      () => {},
      "change.refused",
      /dragonfly-0 is the primary/,
    ],
    [
      "for a pod that is none",
      (deps) => made(restartReplica(deps)),
      { pod: "dragonfly-7" },
      () => {},
      "change.refused",
      /no pod of this instance/,
    ],
    [
      "when another replica is not in sync",
      (deps) => made(restartReplica(deps)),
      { pod: "dragonfly-1" },
      ({ servers }) => {
        servers["dragonfly-2"] = replicaState({
          role: {
            kind: "replica",
            link: { host: ips[0], port: 9999, up: true, syncInProgress: true, lastIoSecondsAgo: 0 },
          },
        });
      },
      "change.refused",
      /dragonfly-2/,
    ],
    [
      "to fail over to a replica that the operator would not choose",
      (deps) => made(failover(deps)),
      { to: "dragonfly-2" },
      () => {},
      "change.refused",
      /the operator would choose dragonfly-1/,
    ],
    [
      "to fail over while a replica is not in sync",
      (deps) => made(failover(deps)),
      { to: "dragonfly-1" },
      ({ servers }) => {
        servers["dragonfly-2"] = replicaState({
          role: {
            kind: "replica",
            link: { host: ips[0], port: 9999, up: true, syncInProgress: true, lastIoSecondsAgo: 0 },
          },
        });
      },
      "change.refused",
      /dragonfly-2 is not in sync/,
    ],
    [
      "when a server cannot be read",
      (deps) => made(snapshot(deps)),
      {},
      ({ servers }) => delete servers["dragonfly-1"],
      "change.incomplete",
      /dragonfly-1 could not be asked/,
    ],
    [
      "when there are two primaries",
      (deps) => made(snapshot(deps)),
      {},
      ({ servers }) => {
        servers["dragonfly-1"] = primaryState();
      },
      "change.incomplete",
      /2 servers say that they are the primary/,
    ],
    [
      "when there is nothing to do",
      (deps) => made(reattachReplica(deps)),
      { pod: "dragonfly-1" },
      () => {},
      "change.needless",
      /in sync/,
    ],
    [
      "for a name that is not one",
      (deps) => made(restartReplica(deps)),
      { pod: "a; rm -rf" },
      () => {},
      "runbook.parameters",
      /pod/,
    ],
  ])("%s, before anybody is asked", async (_, make, params, prepare, code, words) => {
    const { state, kit } = world(make, prepare);
    const { record } = await kit.run(params);
    expect(record).toMatchObject({ state: "failed", failure: { code, message: expect.stringMatching(words) } });
    expect(record.checkpoints.filter(({ kind }) => kind === "approval")).toEqual([]);
    expect(state.did).toEqual([]);
  });
});

describe("a snapshot that fails although the server said OK", () => {
  it("fails, with the server's reason", async () => {
    const { kit } = world(
      (deps) => made(snapshot(deps)),
      (state) => {
        state.saveFails = true;
      },
    );
    const { record } = await kit.run();
    expect(record.failure).toMatchObject({
      code: "snapshot.failed",
      message: "dragonfly-0 did not save: No space left on device",
    });
  });
});
