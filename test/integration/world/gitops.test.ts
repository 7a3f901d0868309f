import { readdirSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFaultPanel, type FaultPanel } from "../../../sandbox/faults/faults.ts";
import { until } from "../../../sandbox/faults/wait.ts";
import { readyOf } from "../../../sandbox/world/flux/conditions.ts";
import { places } from "../../../sandbox/world/places.ts";
import { dragonflyView, getView, listViews, podView, record } from "../../../sandbox/world/views.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { createGitProject, type GitProject, infraTenants } from "./git-project.ts";
import { asBot, troubles } from "./status.ts";

let project: GitProject;
let world: World;
let panel: FaultPanel;

beforeAll(async () => {
  project = createGitProject();
  const gitops = { repository: project.repository, branch: "main", healthTimeoutMs: 6_000 };
  world = await startWorld({ gitops });
  panel = createFaultPanel(world);
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
const ready = (name = tenants) => readyOf(kustomization(name));
const podsOf = (tenant: string) => listViews(world.infra.objects, places.pods, podView, `dragonfly-${tenant}`);
const claimsOf = (tenant: string) =>
  world.infra.objects.list(places.claims, `dragonfly-${tenant}`).map(({ metadata }) => metadata.name);
const eventsOf = (tenant: string) =>
  world.infra.objects
    .list(places.events, `dragonfly-${tenant}`)
    .map(({ reason, message }) => `${String(reason)}: ${String(message)}`);
const resourceOf = (tenant: string) =>
  getView(world.infra.objects, places.dragonflies, dragonflyView, `dragonfly-${tenant}`, `dragonfly-${tenant}`);
const applied = async (revision: string, name = tenants) => {
  const there = () => statusOf(name)["lastAppliedRevision"] === revision && ready(name)?.status === "True";
  await until(`Flux has applied ${revision}`, there).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${ready(name)?.message}`);
  });
};
const putSecret = (tenant: string) => world.secrets.put(`platform/dragonfly/${tenant}`, { password });
const clientOf = (tenant: string) =>
  new Redis(`redis://:${password}@${world.addressOf(instanceOf(tenant))}`, {
    protocol: 2,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
const ask = async (tenant: string, ...[command, ...args]: readonly [string, ...string[]]): Promise<unknown> => {
  const redis = clientOf(tenant);
  redis.on("error", () => undefined);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
};
const change = (tenant: string, from: string, to: string) => {
  const path = `${infraTenants}/${tenant}/instance.yaml`;
  const before = project.read(path);
  expect(before).toContain(from);
  project.write(path, before.replaceAll(from, to));
};

describe("a world that applies Git", () => {
  it("begins with every Kustomization ready at the branch's head, and nothing to complain about", async () => {
    const revision = world.flux?.revision;
    expect(revision).toMatch(/^main@sha1:[0-9a-f]{40}$/);
    for (const { objects } of world.clusters) {
      const names = objects.list(places.kustomizations).map(({ metadata }) => metadata.name);
      expect(names).toContain("flux-system");
      for (const name of names)
        await until(
          `${name} is at the head`,
          () =>
            readyOf(objects.get(places.kustomizations, "flux-system", name))?.message ===
            `Applied revision: ${revision}`,
        );
    }
    expect(troubles(await asBot(world)("status"))).toEqual([]);
  });

  it("makes a healthy instance of a tenant that is merged, which answers through its Service", async () => {
    putSecret("payments");
    project.writeTenants("payments");
    await applied(project.push("Give payments an instance"));
    await world.whenHealthy(instanceOf("payments"));
    expect(await ask("payments", "PING")).toBe("PONG");
    expect(podsOf("payments")).toHaveLength(3);
    expect(claimsOf("payments")).toEqual([0, 1, 2].map((n) => `df-dragonfly-payments-${n}`));
    const report = asBot(world);
    // The example leaves the alert rules to the shared instance's.
    await expect
      .poll(async () => troubles(await report("status", { instance: "dragonfly-payments" })))
      .toEqual(["warn monitor.rules"]);
  });

  it("takes two tenants at once, and leaves the others' pods alone", async () => {
    const before = podsOf("payments").map(({ metadata }) => metadata.uid);
    putSecret("search");
    putSecret("ledger");
    project.writeTenants("payments", "search", "ledger");
    await applied(project.push("Give search and ledger one each"));
    for (const tenant of ["search", "ledger"]) {
      await world.whenHealthy(instanceOf(tenant));
      expect(await ask(tenant, "SET", "{x}:name", tenant)).toBe("OK");
    }
    expect(await ask("search", "GET", "{x}:name")).toBe("search");
    expect(podsOf("payments").map(({ metadata }) => metadata.uid)).toEqual(before);
  });

  it("waits for a tenant whose secret is not in the store, saying so, until it is put there", async () => {
    project.writeTenants("payments", "search", "ledger", "late");
    const revision = project.push("Give late one, without a password");
    await until("the ExternalSecret complains", () =>
      String(
        readyOf(world.infra.objects.get(places.externalSecrets, "dragonfly-late", "dragonfly-late"))?.message,
      ).includes("Secret does not exist: platform/dragonfly/late"),
    );
    expect(ready()).toMatchObject({ status: "Unknown", message: expect.stringContaining("Running health checks") });
    expect(statusOf(tenants)["lastAttemptedRevision"]).toBe(revision);
    expect(statusOf(tenants)["lastAppliedRevision"]).not.toBe(revision);
    await until("Flux gives up waiting", () => ready()?.status === "False");
    expect(ready()?.message).toContain("timeout waiting for: [ExternalSecret/dragonfly-late/dragonfly-late");
    putSecret("late");
    await applied(revision);
    await world.whenHealthy(instanceOf("late"));
  });
});

describe("a commit that is broken", () => {
  const brokenBy = async (breakIt: () => void, message: RegExp) => {
    const before = world.infra.objects.list(places.dragonflies);
    const revision = statusOf(tenants)["lastAppliedRevision"];
    breakIt();
    const broken = project.push("A mistake");
    await until(
      "Flux complains",
      () => statusOf(tenants)["lastAttemptedRevision"] === broken && ready()?.status === "False",
    );
    expect(ready()?.message).toMatch(message);
    expect(ready()?.message).not.toContain(world.directory);
    expect(statusOf(tenants)["lastAppliedRevision"]).toBe(revision);
    expect(world.infra.objects.list(places.dragonflies)).toEqual(before);
    // Others go on: they have the new revision.
    await applied(broken, "infra-dfbot");
    project.revert();
    await applied(project.push("Take it back"));
  };

  it.each<[string, () => void, RegExp]>([
    [
      "names a folder that is not there",
      () =>
        project.write(
          `${infraTenants}/kustomization.yaml`,
          `${project.read(`${infraTenants}/kustomization.yaml`)}  - nobody\n`,
        ),
      /^kustomize build failed: .*resources: nobody: no such file or folder/,
    ],
    [
      "is no YAML",
      () => project.write(`${infraTenants}/search/instance.yaml`, "spec: [\n"),
      /^kustomize build failed: .*search\/instance\.yaml/,
    ],
    [
      "has a field that the resource does not have",
      () => change("search", "  replicas: 3", "  replicas: 3\n  replicaCount: 3"),
      /^Dragonfly\/dragonfly-search\/dragonfly-search dry-run failed \(BadRequest\): .*unknown field "spec\.replicaCount"/,
    ],
    [
      "has a value that the resource does not take",
      () => change("search", "  replicas: 3", "  replicas: three"),
      /^Dragonfly\/dragonfly-search\/dragonfly-search dry-run failed \(Invalid\): .*spec\.replicas/,
    ],
  ])("because it %s is not applied, and says why", async (_, breakIt, message) => {
    await brokenBy(breakIt, message);
  });
});

describe("a tenant that changes", () => {
  it("rolls, replica by replica and the primary last, and keeps its data", async () => {
    await ask("search", "SET", "{x}:kept", "yes");
    const before = podsOf("search").map(({ metadata }) => metadata.uid);
    change("search", "--maxmemory=2gb", "--maxmemory=1gb");
    await applied(project.push("Make search smaller"));
    await until("all pods are new", () => podsOf("search").every(({ metadata }) => !before.includes(metadata.uid)));
    await until("the rollout is over", () => resourceOf("search")?.status.phase === "Ready");
    await world.whenHealthy(instanceOf("search"));
    expect(await ask("search", "GET", "{x}:kept")).toBe("yes");
    expect(eventsOf("search")).toContain("Rollout: Completed");
  });

  it("runs another version after an upgrade", async () => {
    change("ledger", "dragonfly:v1.40.1", "dragonfly:v1.40.2");
    await applied(project.push("Upgrade ledger"));
    const images = () => podsOf("ledger").map(({ spec }) => spec.containers[0]?.image.split(":")[1]);
    await until("every pod has it", () => images().join() === "v1.40.2,v1.40.2,v1.40.2");
    await world.whenHealthy(instanceOf("ledger"));
    expect(String(await ask("ledger", "INFO", "SERVER"))).toContain("v1.40.2");
  });

  it("keeps serving when its new image cannot be pulled, and goes on when that is taken back", async () => {
    change("ledger", "dragonfly:v1.40.2", "dragonfly:v1.40");
    await applied(project.push("Upgrade ledger to what nobody has"));
    await until("a pod waits for its image", () => JSON.stringify(podsOf("ledger")).includes("ImagePullBackOff"));
    expect(await ask("ledger", "PING")).toBe("PONG");
    project.revert();
    await applied(project.push("Take it back"));
    await world.whenHealthy(instanceOf("ledger"));
  });

  it("keeps its claims when their size is changed in Git, with a warning", async () => {
    const before = world.infra.objects.list(places.claims, "dragonfly-ledger").map(({ spec }) => spec);
    change("ledger", "storage: 6Gi", "storage: 5Gi");
    await applied(project.push("Less disk for ledger"));
    await until("the operator warns", () => eventsOf("ledger").some((event) => event.startsWith("ImmutableField: ")));
    expect(world.infra.objects.list(places.claims, "dragonfly-ledger").map(({ spec }) => spec)).toEqual(before);
  });

  it("gets no pod beyond its quota, and an event that says so", async () => {
    change("ledger", "  replicas: 3", "  replicas: 4");
    project.push("A fourth pod for ledger");
    const refused = "persistentvolumeclaims is forbidden: exceeded quota: dragonfly-ledger";
    await until("the quota is named", () => eventsOf("ledger").some((event) => event.includes(refused)));
    expect(podsOf("ledger")).toHaveLength(3);
    project.revert();
    await applied(project.push("Three will do"));
    await world.whenHealthy(instanceOf("ledger"));
  });
});

describe("a tenant that leaves", () => {
  it("loses its pods, its Service and its Secret's source, and keeps its namespace and its claims", async () => {
    const address = world.addressOf(instanceOf("search"));
    expect(address).toMatch(/:6379$/);
    project.writeTenants("payments", "ledger", "late");
    project.remove(`${infraTenants}/search`);
    await applied(project.push("search leaves"));
    await until("its pods are gone", () => podsOf("search").length === 0);
    expect(resourceOf("search")).toBeUndefined();
    expect(world.infra.objects.list(places.services, "dragonfly-search")).toEqual([]);
    expect(world.infra.objects.list(places.externalSecrets, "dragonfly-search")).toEqual([]);
    expect(claimsOf("search")).toHaveLength(3);
    expect(world.infra.objects.get({ group: "", plural: "namespaces" }, undefined, "dragonfly-search")).toBeDefined();
    expect(readdirSync(world.volume("df-dragonfly-search-0", "dragonfly-search"))).not.toEqual([]);
    const gone = new Redis(`redis://:${password}@${address}`, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    gone.on("error", () => undefined);
    await expect(gone.ping()).rejects.toThrow();
    expect(await ask("payments", "PING")).toBe("PONG");
  });

  it("finds its data again when it comes back", async () => {
    project.writeTenants("payments", "ledger", "late", "search");
    await applied(project.push("search comes back"));
    await world.whenHealthy(instanceOf("search"));
    expect(await ask("search", "GET", "{x}:kept")).toBe("yes");
  });
});

describe("a fault of the way from Git to the cluster", () => {
  const path = `${infraTenants}/late/instance.yaml`;
  const nudge = () => project.write(path, `${project.read(path)}# Nothing but a commit.\n`);
  const during = async (fault: string, said: () => Promise<void>) => {
    const before = statusOf(tenants)["lastAppliedRevision"];
    await panel.set(fault, true);
    nudge();
    const revision = project.push("Another commit");
    await said();
    expect(statusOf(tenants)["lastAppliedRevision"]).toBe(before);
    await panel.set(fault, false);
    await applied(revision);
  };

  it("git-unreachable: what there is stays, the source says why, and it catches up", async () => {
    const source = () => readyOf(world.infra.objects.get(places.gitRepositories, "flux-system", "flux-system"));
    await during("git-unreachable", () =>
      until("the source complains", () => source()?.message.includes("unable to clone") === true),
    );
    expect(source()?.message).toBe(`stored artifact for revision '${world.flux?.revision}'`);
  });

  it("flux-suspended: the others get the commit, the suspended one does not", async () => {
    await during("flux-suspended", () => applied(world.flux?.revision ?? "", "infra-dfbot"));
  });

  it("flux-failing: the instance's Kustomization stays as it was, and says why", async () => {
    const shared = "infra-databases-dragonfly";
    const before = statusOf(shared)["lastAppliedRevision"];
    await panel.set("flux-failing", true);
    nudge();
    const revision = project.push("Another commit");
    await applied(revision);
    expect(ready(shared)).toMatchObject({ status: "False", reason: "BuildFailed" });
    expect(statusOf(shared)["lastAppliedRevision"]).toBe(before);
    await panel.set("flux-failing", false);
    await applied(revision, shared);
  });

  it("secrets-away: the Secrets that there are stay, and nothing is made of a new one", async () => {
    const secret = () => world.infra.objects.get(places.secrets, "dragonfly-late", "dragonfly-late")?.["data"];
    const external = () => readyOf(world.infra.objects.get(places.externalSecrets, "dragonfly-late", "dragonfly-late"));
    const before = secret();
    await panel.set("secrets-away", true);
    await until("it is said", () => external()?.status === "False");
    expect(secret()).toEqual(before);
    await panel.set("secrets-away", false);
    await until("it is over", () => external()?.status === "True");
  });
});
