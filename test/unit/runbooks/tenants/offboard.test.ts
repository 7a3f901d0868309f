import { describe, expect, it } from "vitest";
import { planSchema } from "../../../../src/approvals/plan.ts";
import { BotError } from "../../../../src/errors.ts";
import { tenantSchema } from "../../../../src/tenants/change.ts";
import { draftChange } from "../../../../src/tenants/drafting.ts";
import { pod } from "../../../fakes/platform.ts";
import { project } from "../../tenants/project.ts";
import { approved } from "./people.ts";
import { asked, conclusionOf, config, deeds, trial, verdictOf, type World } from "./world.ts";

/** A world in which payments is a tenant already. */
function withTenant(isolation: "own" | "shared", more: (world: World) => void = () => {}) {
  return (world: World) => {
    const tenant = tenantSchema.parse({
      ...{ name: "payments", namespace: "payments-prod", owner: "team", purpose: "jobs", isolation },
      memory: isolation === "own" ? "2Gi" : "512Mi",
    });
    const { edits } = draftChange({ kind: "propose", tenant }, project, config);
    world.git.people.push("main", Object.fromEntries(edits.map(({ path, after }) => [path, after])));
    more(world);
  };
}

function offboarded(
  isolation: "own" | "shared",
  more: (world: World) => void = () => {},
  params: Record<string, unknown> = {},
  options: Parameters<typeof trial>[1] = {},
) {
  const made = trial("tenant-offboard", { decide: () => approved, ...options }, withTenant(isolation, more));
  return made.kit.run({ name: "payments", ...params }).then((ended) => ({ ...ended, world: made.world }));
}

describe("a tenant that leaves", () => {
  it("has its data saved a last time before anything of it goes", async () => {
    const { record, world } = await offboarded("own");
    expect(record.failure).toBeUndefined();
    expect(world.did).toEqual(["save dragonfly-payments-0"]);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
    const names = record.checkpoints.map(({ name }) => name);
    expect(names.indexOf("wait until it is saved")).toBeLessThan(
      names.indexOf("have GitLab merge exactly what was approved"),
    );
    expect(names.indexOf("approval")).toBeLessThan(names.indexOf("save"));
    const plan = planSchema.parse(asked(record)[0]?.plan);
    expect(plan.effects[0]).toMatchObject({ key: "snapshot/dragonfly-payments/dragonfly-payments" });
    expect(verdictOf(record, "snapshot.final")).toBe("ok");
    expect(conclusionOf(record).findings.find(({ id }) => id === "instance.dragonfly-payments")?.title).toMatch(
      /is gone; 3 volume claims are kept/,
    );
    expect(world.told).toEqual([]);
  });

  it("killed at every boundary of the snapshot, is saved once and leaves once", async () => {
    const { boundaries } = await offboarded("own");
    const around = [...boundaries.keys()].filter((index) => /sav|snapshot|connected/.test(boundaries[index] ?? ""));
    expect(around.length).toBeGreaterThan(4);
    for (const index of around) {
      const { record, world } = await offboarded("own", () => {}, {}, { crashAt: [index] });
      const at = boundaries[index];
      expect([at, record.state, record.failure]).toEqual([at, "succeeded", undefined]);
      expect([at, world.did]).toEqual([at, ["save dragonfly-payments-0"]]);
      expect([at, deeds(world).filter((one) => one === "merge")]).toEqual([at, ["merge"]]);
    }
  }, 120_000);

  it("stays while somebody is connected, and the pods are named", async () => {
    const connected = (world: World) => {
      world.cluster.clients = [{ address: "10.0.0.10", connections: 3 }];
    };
    const { record, world } = await offboarded("own", connected);
    expect(record.failure?.code).toBe("change.refused");
    expect(record.failure?.message).toContain("payments is still connected: 3 connections from 1 pod");
    expect([...world.did, ...world.git.did]).toEqual([]);
    const forced = await offboarded("own", connected, { force: true });
    expect(forced.record.state).toBe("succeeded");
    const checks = planSchema.parse(asked(forced.record)[0]?.plan).checks;
    expect(checks?.find(({ id }) => id === "consumers")?.verdict).toBe("warn");
  });

  it("is not let go when somebody connects between approval and merge", async () => {
    let world: World | undefined;
    const made = trial(
      "tenant-offboard",
      {
        decide: () => {
          if (world !== undefined) world.cluster.clients = [{ address: "10.9.9.9", connections: 1 }];
          return approved;
        },
      },
      withTenant("own"),
    );
    world = made.world;
    const { record } = await made.kit.run({ name: "payments" });
    expect(record.failure?.message).toContain("still connected");
    expect(made.world.did).toEqual([]);
    expect(deeds(made.world)).toEqual(["commit", "open"]);
  });

  it("of the shared instance counts only pods of its own namespace", async () => {
    const clients = [
      { address: "10.0.0.10", connections: 2 },
      { address: "10.9.9.9", connections: 5 },
    ];
    const elsewhere = await offboarded("shared", (world) => {
      world.cluster.clients = clients.slice(1);
    });
    expect(elsewhere.record.failure).toBeUndefined();
    expect(elsewhere.world.did).toEqual([]);
    const own = await offboarded("shared", (world) => {
      world.cluster.clients = clients;
      world.cluster.podsOf.set("payments-prod", [{ ...pod(0), meta: { ...pod(0).meta, name: "worker-1" } }]);
    });
    expect(own.record.failure?.message).toContain("worker-1 (2)");
  });

  it("whose instance cannot be read stays, unless that was asked for", async () => {
    const broken = ({ cluster }: World) => {
      cluster.failing.pods = new BotError("kubernetes.unreachable", "the cluster is away", "");
    };
    const { record, world } = await offboarded("own", broken);
    expect(record.failure?.message).toContain("cannot be saved before it goes");
    expect(world.git.did).toEqual([]);
    const forced = await offboarded("own", broken, { force: true });
    expect(deeds(forced.world)).toContain("merge");
    expect(forced.world.did).toEqual([]);
  });
});
