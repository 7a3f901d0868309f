import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { until } from "../../../sandbox/faults/wait.ts";
import { isAllowed } from "../../../sandbox/kubernetes/rbac.ts";
import { readyOf } from "../../../sandbox/world/flux/conditions.ts";
import { askAdmin } from "../../../sandbox/world/operator/admin.ts";
import { places } from "../../../sandbox/world/places.ts";
import { getView, listViews, podView, record, serviceView } from "../../../sandbox/world/views.ts";
import { instance, startWorld, type World } from "../../../sandbox/world/world.ts";
import { composePlatform } from "../../../src/compose.ts";
import { configSchema } from "../../../src/config/file.ts";
import { requireSettings } from "../../../src/config/load.ts";
import { type Tenant, type TenantChange, tenantSchema } from "../../../src/tenants/change.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { createGitProject, type GitProject } from "./git-project.ts";
import { asBot, troubles } from "./status.ts";

/** What the bot writes into the Git project, applied to clusters with real stores. */

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

const password = "of-a-tenant-0123456789abcdef";
const payments: Tenant = tenantSchema.parse({
  name: "payments",
  namespace: "payments-prod",
  owner: "team payments",
  purpose: "jobs of the payment service",
  isolation: "own",
  memory: "512Mi",
  replicas: 2,
  clusters: ["infra", "apps"],
});
const own = { namespace: "dragonfly-payments", name: "dragonfly-payments" };

/** Merges what the bot drafts; resolves when Flux has applied it in both clusters. */
async function merge(change: TenantChange): Promise<void> {
  const tree = project.tree();
  const config = configSchema.parse(parse(tree.get("bot/base/dfbot.yaml") ?? ""));
  const { edits, checks, title } = draftChange(change, tree, config);
  expect(checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
  for (const { path, after } of edits) {
    if (after === null) project.remove(path);
    else project.write(path, after);
  }
  const revision = project.push(title);
  for (const { objects } of world.clusters) {
    for (const { metadata } of objects.list(places.kustomizations)) {
      const object = () => objects.get(places.kustomizations, "flux-system", metadata.name);
      await until(
        `${metadata.name} is at ${revision}`,
        () => record(object()?.["status"])["lastAppliedRevision"] === revision && readyOf(object())?.status === "True",
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${readyOf(object())?.message}`);
      });
    }
  }
}

const connected = (url: string) => {
  const redis = new Redis(url, {
    protocol: 2,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // It asks INFO, which a tenant of the shared instance may not.
    enableReadyCheck: false,
  });
  redis.on("error", () => undefined);
  return redis;
};

describe("a tenant's own instance", () => {
  it("comes up as drafted, and the bot finds nothing wrong with it", async () => {
    world.secrets.put("platform/dragonfly/payments", { password });
    await merge({ kind: "propose", tenant: payments });
    await world.whenHealthy(own);
    const status = asBot(world);
    await expect
      .poll(async () => troubles(await status("status", { instance: own.name })), { timeout: 30_000, interval: 500 })
      .toEqual([]);
    expect(troubles(await status("status"))).toEqual([]);
  });

  it("has the same name in the apps cluster, which leads to its primary", async () => {
    const stub = getView(world.apps.objects, places.services, serviceView, own.namespace, own.name);
    const redis = connected(`redis://:${password}@${stub?.spec.clusterIP}:6379`);
    expect(await redis.set("from-apps", "1")).toBe("OK");
    redis.disconnect();
  });

  it("has room for the pods that its quota counts on", () => {
    const quota = world.infra.objects.get(places.quotas, own.namespace, own.name);
    expect(record(record(quota?.["status"])["used"])).toMatchObject({ pods: "2", persistentvolumeclaims: "2" });
  });

  it("grows by a rollout", async () => {
    const before = listViews(world.infra.objects, places.pods, podView, own.namespace);
    await merge({ kind: "resize", name: "payments", memory: "1Gi", replicas: 3 });
    await world.whenHealthy(own);
    const after = listViews(world.infra.objects, places.pods, podView, own.namespace);
    expect(after).toHaveLength(3);
    const former = before.map(({ metadata }) => metadata.uid);
    expect(after.filter(({ metadata }) => former.includes(metadata.uid))).toEqual([]);
    const redis = connected(`redis://:${password}@${world.addressOf(own)}`);
    expect(await redis.get("from-apps")).toBe("1");
    redis.disconnect();
  });

  it("goes when it is offboarded, and its data stays", async () => {
    await merge({ kind: "offboard", name: "payments" });
    await until(
      "its pods are gone",
      () => listViews(world.infra.objects, places.pods, podView, own.namespace).length === 0,
    );
    const claims = world.infra.objects.list(places.claims, own.namespace).map(({ metadata }) => metadata.name);
    expect(claims).toContain("df-dragonfly-payments-0");
    expect(world.apps.objects.list(places.services, own.namespace)).toEqual([]);
    expect(troubles(await asBot(world)("status"))).toEqual([]);
  });
});

describe("the question whether a cluster would take a resource", () => {
  const cluster = () => composePlatform(requireSettings(world.env(), "cli")).cluster("infra");
  const signal = () => AbortSignal.timeout(30_000);
  const resource = (change: object = {}) => ({
    apiVersion: "dragonflydb.io/v1alpha1",
    kind: "Dragonfly",
    metadata: { name: "dragonfly-shop", namespace: "dragonfly-bot" },
    spec: { replicas: 3, image: "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1", ...change },
  });

  it("is answered in the bot's own namespace, and nothing is made", async () => {
    await cluster().wouldAccept("dragonfly-bot", resource(), signal());
    expect(world.infra.objects.list(places.dragonflies, "dragonfly-bot")).toEqual([]);
  });

  it.each([
    ["an unknown field", { replicaCount: 3 }, /unknown field \\?"spec\.replicaCount/],
    ["a wrong value", { replicas: "three" }, /spec\.replicas in body must be of type integer/],
  ])("says what the API server would say to %s", async (_, change, message) => {
    await expect(cluster().wouldAccept("dragonfly-bot", resource(change), signal())).rejects.toThrow(message);
  });

  it("may not be asked elsewhere, nor by anything else than a creation", () => {
    const bot = { token: "", name: "system:serviceaccount:dragonfly-bot:dfbot", groups: [] };
    const asked = { verb: "create", group: "dragonflydb.io", resource: "dragonflies", subresource: undefined };
    const may = (verb: string, namespace: string) =>
      isAllowed(world.infra.objects, bot, { ...asked, verb, namespace, name: undefined });
    expect(may("create", "dragonfly-bot")).toBe(true);
    expect([may("create", "harbor"), may("update", "dragonfly-bot"), may("delete", "dragonfly-bot")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("comes with the schema that the cluster has", async () => {
    const schema = await cluster().customResourceSchema("dragonflies.dragonflydb.io", "v1alpha1", signal());
    expect(JSON.stringify(schema)).toContain("enableReplicationReadinessGate");
  });

  it("has an answer about Secrets too, but not what is in them", async () => {
    const secrets = await cluster().externalSecrets(instance.namespace, signal());
    expect(secrets.map(({ meta }) => meta.name)).toContain("dragonfly-acl");
  });
});

describe("a tenant on the shared instance", () => {
  const users = "platform/dragonfly/users";

  it("can log in once its line is loaded, and reach its own keys only", async () => {
    world.secrets.merge(users, { "shop-web": password });
    const shop = tenantSchema.parse({ ...payments, name: "shop-web", namespace: "shop", isolation: "shared" });
    await merge({ kind: "propose", tenant: shop });
    const pods = listViews(world.infra.objects, places.pods, podView, instance.namespace);
    for (const { status } of pods) expect(await askAdmin(status.podIP ?? "", "ACL", "LOAD")).toBe("OK");
    const redis = connected(`redis://shop-web:${password}@${world.serviceAddress}`);
    expect(await redis.set("{shop-web}:basket", "1")).toBe("OK");
    await expect(redis.set("{payments}:basket", "1")).rejects.toThrow(/NOPERM/);
    redis.disconnect();
    await world.whenHealthy();
  });
});
