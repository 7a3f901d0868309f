import { spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../../sandbox/faults/wait.ts";
import type { KubeObject, Place } from "../../../sandbox/kubernetes/object-store.ts";
import { places } from "../../../sandbox/world/places.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { composePlatform } from "../../../src/compose.ts";
import { requireSettings } from "../../../src/config/load.ts";
import type { Report } from "../../../src/reports/model.ts";
import { asBot, troubles } from "./status.ts";

/** Real probes as pods of a world whose policies really drop their connections. */

let world: World;
beforeAll(async () => {
  world = await startWorld({ metrics: false });
});
afterAll(() => world?.stop());

const ask = (params: Readonly<Record<string, string | boolean>>) =>
  asBot(world, (config) => ({
    ...config,
    namespaces: { ...config.namespaces, denied: ["default"] },
    probes: { ...config.probes, stageMs: 1_500 },
  }))("connectivity", params);
const found = (report: Report, id: string) => report.findings.find((one) => one.id === id);
const probePods = () =>
  world.clusters.flatMap(({ objects }) =>
    objects.list(places.pods).filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] === "dfbot-probe"),
  );

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
  expect(probePods()).toEqual([]);
});

/** Adds an object to infra for the rest of the test. */
function add(place: Place, object: KubeObject): void {
  const { objects } = world.infra;
  objects.create(place, object);
  undo.push(() => objects.remove(place, object.metadata.namespace, object.metadata.name));
}
const networkPolicy = (namespace: string, name: string, spec: object) =>
  add(places.policies, {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace, name },
    spec,
  });

describe("connectivity", () => {
  it("gets through from a namespace that is let in, in both clusters, each stage proven", async () => {
    const report = await ask({ namespace: "harbor" });
    expect(troubles(report)).toEqual([]);
    const ids = report.findings.map(({ id }) => id);
    for (const cluster of ["infra", "apps"]) {
      const way = `connectivity.${cluster}.harbor`;
      expect(ids).toEqual(expect.arrayContaining([way, `${way}.dns`, `${way}.tcp`, `${way}.ping`, `${way}.latency`]));
      expect(found(report, way)?.detail).toMatch(/dragonfly ingress\[0\].* allows it/);
    }
    expect(found(report, "connectivity.apps.harbor")?.evidence.at(-1)?.command).toMatch(
      /^kubectl --context=apps -n harbor run dfbot-probe --rm -i .* --host dragonfly\.dragonfly-system\.svc/,
    );
  });

  it("is blocked from a namespace that nobody let in, which is as it should be, and can be proposed", async () => {
    const report = await ask({ namespace: "observability", cluster: "infra" });
    expect(troubles(report)).toEqual([]);
    const way = found(report, "connectivity.infra.observability");
    expect(way?.title).toBe("observability in infra is blocked, as it should be");
    expect(way?.next).toEqual([
      { runbook: "access-allow", params: { namespace: "observability" }, label: "Propose access for observability" },
    ]);
    expect(found(report, "connectivity.infra.observability.tcp")?.title).toMatch(/tcp\.timeout/);
    expect(found(report, "connectivity.apps.observability")).toBeUndefined();
  });

  it("finds a policy that was opened by mistake, and names its rule", async () => {
    networkPolicy("dragonfly-system", "for-a-test", { podSelector: {}, ingress: [{}] });
    const report = await ask({ namespace: "default", cluster: "infra" });
    expect(troubles(report)).toEqual(["fail connectivity.infra.default"]);
    const way = found(report, "connectivity.infra.default");
    expect(way?.title).toBe("default in infra gets through, and should be blocked");
    expect(way?.detail).toContain("NetworkPolicy dragonfly-system/for-a-test ingress[0]");
  });

  it("finds what a namespace's own policy drops of what it should get, and does not propose access for that", async () => {
    networkPolicy("harbor", "shut", { podSelector: {}, policyTypes: ["Egress"] });
    const report = await ask({ namespace: "harbor", cluster: "infra" });
    expect(troubles(report)).toEqual(["fail connectivity.infra.harbor", "fail connectivity.infra.harbor.tcp"]);
    const way = found(report, "connectivity.infra.harbor");
    expect(way?.detail).toContain("NetworkPolicy harbor/shut");
    expect(way?.next).toEqual([]);
  });

  it("counts a policy of the whole cluster at either end, and names it", async () => {
    const deny = (name: string, spec: object) =>
      add(places.clusterwidePolicies, {
        apiVersion: "cilium.io/v2",
        kind: "CiliumClusterwideNetworkPolicy",
        metadata: { name },
        spec,
      });
    const harbor = { matchLabels: { "k8s:io.kubernetes.pod.namespace": "harbor" } };
    deny("harbor-stays-in", { endpointSelector: harbor, egressDeny: [{ toEntities: ["cluster"] }] });
    const report = await ask({ namespace: "harbor", cluster: "infra" });
    const way = found(report, "connectivity.infra.harbor");
    expect(way?.verdict).toBe("fail");
    expect(way?.detail).toContain("CiliumClusterwideNetworkPolicy harbor-stays-in egressDeny[0]");
    expect(way?.next).toEqual([]);
  });

  it("knows a namespace that the policies let in by its label", async () => {
    const { objects } = world.infra;
    const label = (value: string | undefined) =>
      objects.patch({ group: "", plural: "namespaces" }, undefined, "observability", ({ metadata }) => {
        metadata.labels = {
          ...metadata.labels,
          ...(value === undefined ? {} : { "access.platform/dragonfly": value }),
        };
        if (value === undefined) delete metadata.labels["access.platform/dragonfly"];
      });
    label("true");
    undo.push(() => label(undefined));
    const report = await ask({ namespace: "observability", cluster: "infra" });
    expect(troubles(report)).toEqual([]);
    expect(found(report, "connectivity.infra.observability")?.title).toMatch(/gets through, as it should$/);
  });

  it("says in the API server's words why a namespace takes no probe", async () => {
    const metadata = { namespace: "harbor", name: "full" };
    add(places.quotas, { apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { pods: "0" } } });
    const report = await ask({ namespace: "harbor", cluster: "infra" });
    expect(troubles(report)).toEqual(["unknown connectivity.infra.harbor"]);
    const way = found(report, "connectivity.infra.harbor");
    expect(way?.title).toContain("the namespace's quota has no room for a probe pod");
    expect(way?.detail).toContain("exceeded quota: full, requested: pods=1, used: pods=0, limited: pods=0");
  });

  it("does not take a namespace that is nowhere for one that is blocked", async () => {
    const report = await ask({ namespace: "harbour" });
    expect(troubles(report)).toEqual(["unknown connectivity.harbour"]);
    expect(report.summary).toBe("There is no namespace harbour in infra and apps");
  });

  it("tells an API server that is away from a namespace that is blocked", async () => {
    world.apps.api.faults.unreachable = true;
    undo.push(() => {
      world.apps.api.faults.unreachable = false;
    });
    const report = await ask({ namespace: "harbor" });
    expect(troubles(report)).toEqual(["unknown connectivity.apps.harbor"]);
  });

  it("tries every namespace of the configuration at once, and says of each what it should do and does", async () => {
    const report = await ask({ matrix: true });
    expect(troubles(report)).toEqual([]);
    const rows = report.tables[0]?.rows.map((row) => row.slice(0, 6)) ?? [];
    const clusters = ["infra", "apps"];
    expect(rows).toEqual([
      ...["gitlab-system", "harbor"].flatMap((name) =>
        clusters.map((cluster) => [name, "ok", "gets through", "allowed", "allowed", cluster]),
      ),
      ...clusters.map((cluster) => ["default", "ok", "blocked", "denied", "denied", cluster]),
    ]);
  });

  it("refuses a namespace together with the matrix, and neither", async () => {
    await expect(ask({ namespace: "harbor", matrix: true })).rejects.toThrow(/either a namespace/);
    await expect(ask({})).rejects.toThrow(/either a namespace/);
    await expect(ask({ namespace: "harbor", cluster: "elsewhere" })).rejects.toThrow(/It has: infra, apps|elsewhere/);
  });
});

describe("probe pods", () => {
  const probes = () => composePlatform(requireSettings(world.env(), "cli")).probes;
  const removeAll = (olderThanMs: number, cluster = "infra") =>
    probes().removeLeftovers(cluster, olderThanMs, AbortSignal.timeout(5_000));

  it("are removed when somebody stops waiting", async () => {
    const stop = new AbortController();
    const { config } = requireSettings(world.env(), "cli");
    const wanted = { cluster: "infra", namespace: "default", image: config.probes.image ?? "", run: "c-1" };
    const args = ["--host", "dragonfly.dragonfly-system.svc.cluster.local", "--stage-ms", "10000"];
    const running = probes().run({ ...wanted, args }, stop.signal);
    await until("a probe pod is there", () => probePods().length === 1);
    stop.abort();
    await expect(running).rejects.toThrow();
    expect(probePods()).toEqual([]);
  });

  it("that a killed process left are found by their age, and younger ones are let be", async () => {
    const script = `
      import { composePlatform } from "./src/compose.ts";
      import { requireSettings } from "./src/config/load.ts";
      const settings = requireSettings(process.env, "cli");
      const args = ["--host", "dragonfly.dragonfly-system.svc.cluster.local", "--stage-ms", "10000"];
      const { image } = settings.config.probes;
      const wanted = { cluster: "infra", namespace: "default", image, args, run: "c-2" };
      await composePlatform(settings).probes.run(wanted, new AbortController().signal);
    `;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...world.env() },
    });
    await until("a probe pod is there", () => probePods().length === 1);
    child.kill("SIGKILL");
    const [left] = probePods();
    expect(await removeAll(60_000)).toEqual([]);
    expect(probePods()).toHaveLength(1);
    expect(await removeAll(-1_000, "apps")).toEqual([]);
    expect(await removeAll(-1_000)).toEqual([`default/${left?.metadata.name}`]);
  });
});
