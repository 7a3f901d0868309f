import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseInfo } from "../../../sandbox/dragonfly/accent/facts.ts";
import { until } from "../../../sandbox/faults/wait.ts";
import { isAllowed } from "../../../sandbox/kubernetes/rbac.ts";
import { askAdmin } from "../../../sandbox/world/operator/admin.ts";
import { places } from "../../../sandbox/world/places.ts";
import { getView, isReady, listViews, podView, serviceView, sliceView } from "../../../sandbox/world/views.ts";
import { instance, operatorNamespace, startWorld, type World } from "../../../sandbox/world/world.ts";
import { asBot, troubles } from "./status.ts";

const rbac = "rbac.authorization.k8s.io";
const botRoles = [
  { place: { group: rbac, plural: "clusterroles" }, namespace: undefined, name: "dfbot-reader" },
  { place: { group: rbac, plural: "clusterroles" }, namespace: undefined, name: "dfbot-instance-reader" },
  { place: { group: rbac, plural: "roles" }, namespace: operatorNamespace, name: "dfbot-operator-reader" },
  { place: { group: rbac, plural: "roles" }, namespace: "flux-system", name: "dfbot-flux-reader" },
];
const ruleSchema = z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) });
type Rule = z.infer<typeof ruleSchema>;

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const pods = () => listViews(world.infra.objects, places.pods, podView, instance.namespace);
const byRole = (role: string) => pods().filter((pod) => pod.metadata.labels["role"] === role);
const client = () => new Redis(world.storeUrl("harbor"), { protocol: 2 });

describe("a healthy world", () => {
  it("gives the bot nothing to complain about", async () => {
    const ask = asBot(world);
    expect(troubles(await ask("status"))).toEqual([]);
    expect(troubles(await ask("role"))).toEqual([]);
  });

  it("shows a write through the Service on every replica", async () => {
    const redis = client();
    const value = String(Math.random());
    await redis.set("{test}:written", value);
    for (const replica of byRole("replica")) {
      await until(
        `${replica.metadata.name} has the value`,
        async () => (await askAdmin(replica.status.podIP ?? "", "GET", "{test}:written")) === value,
      );
    }
    redis.disconnect();
  });

  it("agrees with itself: labels, what the servers say, and where the Services lead", async () => {
    const [primary] = byRole("master");
    expect(byRole("master")).toHaveLength(1);
    expect(byRole("replica")).toHaveLength(2);
    const primaryIp = primary?.status.podIP ?? "";
    expect(await askAdmin(primaryIp, "ROLE")).toEqual(["master", expect.objectContaining({ length: 2 })]);
    for (const replica of byRole("replica")) {
      expect(await askAdmin(replica.status.podIP ?? "", "ROLE")).toEqual(["slave", primaryIp, "9999", "online"]);
      expect(replica.metadata.annotations["operator.dragonflydb.io/masterIP"]).toBe(primaryIp);
    }
    for (const slice of listViews(world.infra.objects, places.slices, sliceView, instance.namespace)) {
      expect(slice.endpoints.flatMap((endpoint) => endpoint.addresses)).toEqual([primaryIp]);
    }
  });

  it("spreads the pods over nodes and zones and binds their volumes", () => {
    expect(new Set(pods().map((pod) => pod.spec.nodeName)).size).toBe(3);
    const claims = world.infra.objects.list(places.claims, instance.namespace);
    expect(claims.map((claim) => claim.metadata.name)).toEqual(["df-dragonfly-0", "df-dragonfly-1", "df-dragonfly-2"]);
    expect(claims.every((claim) => JSON.stringify(claim["status"]).includes('"Bound"'))).toBe(true);
  });

  it("counts in its PodDisruptionBudgets what may go", () => {
    const data = world.infra.objects.get(places.budgets, instance.namespace, "dragonfly");
    expect(data?.["status"]).toMatchObject({ currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 });
    const operator = world.infra.objects.get(places.budgets, "dragonfly-operator-system", "dragonfly-operator");
    expect(operator?.["status"]).toMatchObject({ currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1 });
  });

  it("leads the apps cluster's names to the primary in infra, without backends of its own", async () => {
    const stub = getView(world.apps.objects, places.services, serviceView, instance.namespace, "dragonfly-global");
    const url = new URL(world.storeUrl("harbor"));
    url.hostname = stub?.spec.clusterIP ?? "";
    const redis = new Redis(url.href, { protocol: 2 });
    expect(await redis.set("{test}:from-apps", "1")).toBe("OK");
    redis.disconnect();
    expect(world.apps.objects.list(places.slices)).toEqual([]);
  });

  it("carries a BullMQ queue: scripts, blocking reads, events", async () => {
    const options = {
      connection: { url: world.storeUrl("dfbot"), protocol: 2 as const, maxRetriesPerRequest: null },
      prefix: "{dfbot}",
    };
    const done: number[] = [];
    const queue = new Queue("work", options);
    const worker = new Worker("work", async (job) => done.push(Number(job.data.n)), { ...options, concurrency: 5 });
    await queue.addBulk(Array.from({ length: 100 }, (_, n) => ({ name: "job", data: { n } })));
    await until("all jobs are done", () => done.length === 100);
    expect(new Set(done).size).toBe(100);
    await worker.close();
    await queue.close();
  });

  it("has metrics of every server and every volume", async () => {
    expect(world.metrics).toBeDefined();
    const count = async (query: string) => {
      const answer = await fetch(`${world.prometheusUrl}/api/v1/query?${new URLSearchParams({ query })}`);
      const body: unknown = await answer.json();
      return JSON.stringify(body).match(/"value":\[[\d.]+,"([\d.]+)"\]/)?.[1];
    };
    await until(
      "three servers are scraped",
      async () => (await count("count(dragonfly_master{app='dragonfly'})")) === "3",
    );
    // A scrape from before the replicas were attached still counts them as primaries.
    await expect.poll(() => count("sum(dragonfly_master)")).toBe("1");
    expect(
      await count(
        "count(up{job='dragonfly-system/dragonfly',namespace='dragonfly-system',app='dragonfly',container='dragonfly'})",
      ),
    ).toBe("3");
    expect(await count("count(kubelet_volume_stats_capacity_bytes{persistentvolumeclaim=~'df-dragonfly-.+'})")).toBe(
      "3",
    );
  });

  it("prints a pod's log from the real process", async () => {
    const [primary] = byRole("master");
    const log = await world.kubelet.runtime.logs(instance.namespace, primary?.metadata.name ?? "", {
      previous: false,
      tailLines: 200,
    });
    expect(log).toMatch(/Ready to accept connections|listening/i);
  });

  it("keeps the password out of the process list and of the objects that the bot may read", async () => {
    const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
    const reader = readFileSync(world.kubeconfigPath, "utf8");
    for (const user of ["dfbot", "gitlab", "harbor"]) {
      const { password } = new URL(world.storeUrl(user));
      expect(stdout).not.toContain(password);
      expect(reader).not.toContain(password);
    }
  });
});

describe("the bot's role", () => {
  it("grants every read of status, role and verify, and no more is ever tried", async () => {
    await asBot(world)("status");
    await asBot(world)("verify");
    const asked = [...world.infra.api.log, ...world.apps.api.log].filter((entry) => entry.user.endsWith(":dfbot"));
    expect(asked.length).toBeGreaterThan(10);
    // The first verification finds none before it.
    expect(asked.filter((entry) => entry.code >= 400 && entry.code !== 404)).toEqual([]);
  });

  it.each(["services", "secrets", "configmaps"])("does not let it read %s elsewhere", (resource) => {
    const namespace = "gitlab-system";
    const asked = { verb: "list", group: "", resource, subresource: undefined, namespace, name: undefined };
    const bot = { token: "", name: "system:serviceaccount:dragonfly-bot:dfbot", groups: [] };
    expect(isAllowed(world.infra.objects, bot, asked)).toBe(false);
    expect(isAllowed(world.infra.objects, bot, { ...asked, namespace: instance.namespace })).toBe(
      resource === "services",
    );
  });

  it("is the least that works: without any one resource of it, something cannot be checked", async () => {
    const ask = asBot(world);
    const gaps = async () => {
      const reports = await Promise.all([
        ask("status"),
        ask("triage", { alert: "DragonflyPodDown" }),
        ask("verify", { probes: false }),
      ]);
      return reports.flatMap(({ runbook, findings }) =>
        findings.filter(({ verdict }) => verdict === "unknown").map(({ id }) => `${runbook} ${id}`),
      );
    };
    // What probes need is granted in every namespace, and would stand in for some of it.
    const prober = { place: { group: "rbac.authorization.k8s.io", plural: "clusterroles" }, name: "dfbot-prober" };
    const probing = world.infra.objects.get(prober.place, undefined, prober.name)?.["rules"];
    const grantProbing = (rules: unknown) =>
      world.infra.objects.patch(prober.place, undefined, prober.name, (object) => {
        object["rules"] = rules;
      });
    // Of that only this is not granted elsewhere, and no policy can be judged without it.
    const clusterwide = { apiGroups: ["cilium.io"], resources: ["ciliumclusterwidenetworkpolicies"], verbs: ["list"] };
    grantProbing([clusterwide]);
    // This world has no Git host and no rules that are evaluated.
    const withAll = new Set(await gaps());
    for (const { place, namespace, name } of botRoles) {
      const rules = z.array(ruleSchema).parse(world.infra.objects.get(place, namespace, name)?.["rules"]);
      const write = (changed: readonly Rule[]) =>
        world.infra.objects.patch(place, namespace, name, (object) => {
          object["rules"] = changed;
        });
      // What changes something is not for these two; the whole suite's calls are compared with the roles as well.
      for (const rule of rules.filter(({ verbs }) => verbs.includes("get") || verbs.includes("list"))) {
        // Tenants' Secrets are what the follow-up of a merged change looks at; the others are compared with Git, which this world does
        // not have (test/integration/world/verify).
        const elsewhere = ["externalsecrets", "configmaps", "resourcequotas"];
        for (const resource of rule.resources.filter((one) => !elsewhere.includes(one))) {
          const less = { ...rule, resources: rule.resources.filter((other) => other !== resource) };
          write(rules.map((other) => (other === rule ? less : other)));
          const more = (await gaps()).filter((gap) => !withAll.has(gap));
          expect(more.length, `status, triage and verify without ${resource} in ${name}`).toBeGreaterThan(0);
        }
      }
      write(rules);
    }
    expect(troubles(await ask("status"))).toEqual([]);
    grantProbing(probing);
  });
});

describe("a pod that is deleted", () => {
  it("comes back under its name with its data, another address and the role of a replica", async () => {
    const [replica] = byRole("replica");
    const name = replica?.metadata.name ?? "";
    await askAdmin(byRole("master")[0]?.status.podIP ?? "", "SET", "{test}:kept", "yes");
    world.infra.objects.remove(places.pods, instance.namespace, name);
    await until("the pod is another one", () => {
      const now = pods().find((pod) => pod.metadata.name === name);
      return now !== undefined && now.metadata.uid !== replica?.metadata.uid && isReady(now);
    });
    await world.whenHealthy();
    const now = pods().find((pod) => pod.metadata.name === name);
    expect(now?.status.podIP).not.toBe(replica?.status.podIP);
    expect(await askAdmin(now?.status.podIP ?? "", "GET", "{test}:kept")).toBe("yes");
    const info = parseInfo(String(await askAdmin(now?.status.podIP ?? "", "INFO", "REPLICATION")));
    expect(info.get("master_link_status")).toBe("up");
  });
});
