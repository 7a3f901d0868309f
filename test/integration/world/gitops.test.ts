import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../../sandbox/faults/wait.ts";
import { readyOf } from "../../../sandbox/world/flux/conditions.ts";
import { places } from "../../../sandbox/world/places.ts";
import { listViews, podView, record } from "../../../sandbox/world/views.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { createGitProject, type GitProject } from "./git-project.ts";
import { asBot, troubles } from "./status.ts";

let project: GitProject;
let world: World;

beforeAll(async () => {
  project = createGitProject();
  world = await startWorld({ gitops: { repository: project.repository, branch: "main" } });
});
afterAll(async () => {
  await world?.stop();
  project?.stop();
});

const tenants = "infra-databases-tenants";
const password = "of-a-tenant-0123456789abcdef";
const instanceOf = (tenant: string) => ({ namespace: `dragonfly-${tenant}`, name: `dragonfly-${tenant}` });
const kustomization = (name: string) => world.infra.objects.get(places.kustomizations, "flux-system", name);
const statusOf = (name: string) => record(kustomization(name)?.["status"]);
const ready = (name: string) => readyOf(kustomization(name));
const podsOf = (tenant: string) => listViews(world.infra.objects, places.pods, podView, `dragonfly-${tenant}`);
const applied = (revision: string, name = tenants) =>
  until(
    `Flux has applied ${revision}`,
    () => statusOf(name)["lastAppliedRevision"] === revision && ready(name)?.status === "True",
    30_000,
  );
const ask = async (tenant: string, ...command: [string, ...string[]]) => {
  const redis = new Redis(`redis://:${password}@${world.addressOf(instanceOf(tenant))}`, { protocol: 2 });
  try {
    return await redis.call(...command);
  } finally {
    redis.disconnect();
  }
};

describe("a world that applies Git", () => {
  it("begins with every Kustomization ready at the branch's head", async () => {
    const revision = world.flux?.revision;
    expect(revision).toMatch(/^main@sha1:[0-9a-f]{40}$/);
    for (const { objects } of world.clusters)
      for (const { metadata } of objects.list(places.kustomizations))
        await until(metadata.name, () => {
          const object = objects.get(places.kustomizations, "flux-system", metadata.name);
          return readyOf(object)?.message === `Applied revision: ${revision}`;
        });
    expect(troubles(await asBot(world)("status"))).toEqual([]);
  });

  it("makes a healthy instance of a tenant that is merged, which answers through its Service", async () => {
    world.secrets.put("platform/dragonfly/payments", { password });
    project.writeTenants("payments");
    const revision = project.push("Give payments an instance");
    await applied(revision);
    await world.whenHealthy(20_000, instanceOf("payments"));
    expect(await ask("payments", "PING")).toBe("PONG");
    expect(podsOf("payments")).toHaveLength(3);
    expect(troubles(await asBot(world)("status", { instance: "dragonfly-payments" }))).toEqual([]);
  });
});
