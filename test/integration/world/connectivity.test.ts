import { spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../../sandbox/faults/wait.ts";
import type { Place } from "../../../sandbox/kubernetes/object-store.ts";
import { places } from "../../../sandbox/world/places.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { composePlatform } from "../../../src/compose.ts";
import { requireSettings } from "../../../src/config/load.ts";
import type { Report } from "../../../src/reports/model.ts";
import { asBot, troubles } from "./status.ts";
import { createTeams } from "./teams.ts";

/** Real probes as pods of a world whose policies really drop their connections. */

let world: World;
beforeAll(async () => {
  world = await startWorld({ metrics: false });
});
afterAll(() => world?.stop());

type Params = Readonly<Record<string, string | boolean>>;
/** Many probes at once are as many processes, which a busy machine answers late. */
const pace = ({ matrix }: Params) => (matrix === true ? { stageMs: 4_000, parallel: 4 } : { stageMs: 2_500 });
const ask = (params: Params) =>
  asBot(world, (config) => ({
    ...config,
    namespaces: { ...config.namespaces, denied: ["default"] },
    probes: { ...config.probes, ...pace(params) },
  }))("connectivity", params);
/** Of whom nobody has decided anything. */
const asBotOfShop = () => (params: Params) =>
  asBot(world, (config) => ({ ...config, probes: { ...config.probes, ...pace(params) } }))("connectivity", params);
const found = (report: Report, id: string) => report.findings.find((one) => one.id === id);
const probePods = () =>
  world.clusters.flatMap(({ objects }) =>
    objects.list(places.pods).filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] === "dfbot-probe"),
  );

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one();
  expect(probePods()).toEqual([]);
});

const { add, networkPolicy, secret, runningPod, addedTo } = createTeams(() => world, undo);
const passwordOf = (user: "harbor" | "dfbot") => new URL(world.storeUrl(user)).password;

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

  it("is blocked from a namespace that nobody let in, which is as it should be, and can be proposed but for the platform's own", async () => {
    add(
      { group: "", plural: "namespaces" },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
      "apps",
    );
    const [own, shop] = await Promise.all([
      ask({ namespace: "observability", cluster: "infra" }),
      ask({ namespace: "shop" }),
    ]);
    for (const report of [own, shop]) expect(troubles(report)).toEqual([]);
    const way = found(own, "connectivity.infra.observability");
    expect(way?.title).toBe("observability in infra is blocked, as it should be");
    expect(way?.next).toEqual([]);
    expect(found(own, "connectivity.infra.observability.tcp")?.title).toMatch(/tcp\.timeout/);
    expect(found(own, "connectivity.apps.observability")).toBeUndefined();
    expect(found(shop, "connectivity.apps.shop")?.next).toEqual([
      { runbook: "access-allow", params: { namespace: "shop" }, label: "Propose access for shop" },
    ]);
  });

  it("finds a policy that was opened by mistake, and names its rule", async () => {
    networkPolicy("dragonfly-system", "for-a-test", { podSelector: {}, ingress: [{}] });
    const report = await ask({ namespace: "default", cluster: "infra" });
    expect(troubles(report)).toEqual(["fail connectivity.infra.default"]);
    const way = found(report, "connectivity.infra.default");
    expect(way?.title).toBe("default in infra gets through, and should be blocked");
    expect(way?.detail).toContain("NetworkPolicy dragonfly-system/for-a-test ingress[0]");
  });

  it("tells of a namespace on no list whether it gets through as any would, or because somebody let it in", async () => {
    add({ group: "", plural: "namespaces" }, { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    const fromShop = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } } }];
    networkPolicy("dragonfly-system", "for-shop", { podSelector: {}, ingress: [{ from: fromShop }] });
    const named = await ask({ namespace: "shop", cluster: "infra" });
    expect(troubles(named)).toEqual([]);
    networkPolicy("dragonfly-system", "for-all", { podSelector: {}, ingress: [{}] });
    const open = await ask({ namespace: "shop", cluster: "infra" });
    expect(troubles(open)).toEqual(["fail connectivity.infra.shop"]);
    expect(found(open, "connectivity.infra.shop")?.title).toBe("shop in infra gets through, as any namespace does");
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

  it.each<[string, Place, object, string, string]>([
    [
      "its quota",
      places.quotas,
      { kind: "ResourceQuota", spec: { hard: { pods: "1" } } },
      "the namespace's quota has no room for a probe pod",
      "exceeded quota: full, requested: pods=1, used: pods=1, limited: pods=1. From a pod that runs there it can be tried",
    ],
    [
      "its limit range",
      places.limitRanges,
      { kind: "LimitRange", spec: { limits: [{ type: "Container", min: { memory: "1Gi" } }] } },
      "the namespace's limit range does not take a probe pod",
      "minimum memory usage per Container is 1Gi, but request is 64Mi. From a pod that runs there it can be tried",
    ],
  ])(
    "says in the API server's words that %s takes no probe, and how to try it all the same",
    async (_, place, object, title, words) => {
      add(place, { apiVersion: "v1", kind: "", metadata: { namespace: "harbor", name: "full" }, ...object });
      await runningPod({ namespace: "harbor", name: "web-0" }, {});
      const asked = { namespace: "harbor", cluster: "infra" };
      const report = await ask(asked);
      expect(troubles(report)).toEqual(["unknown connectivity.infra.harbor"]);
      const way = found(report, "connectivity.infra.harbor");
      expect(way?.title).toContain(title);
      expect(way?.detail).toContain(words);
      expect((await ask({ ...asked, from: "pod/web-0" })).verdict).toBe("ok");
    },
  );

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

  it("tries every namespace of the configuration at once, and a sample of all others, and says of each what it should and does", async () => {
    const report = await ask({ matrix: true });
    expect(troubles(report)).toEqual([]);
    const rows = report.tables[0]?.rows.map((row) => row.slice(0, 6)) ?? [];
    const clusters = ["infra", "apps"];
    const listed = ["gitlab-system", "harbor", "default"];
    const others = rows.filter(([name]) => !listed.includes(String(name)));
    expect(others.length).toBeGreaterThan(0);
    for (const row of others) expect(row.slice(1, 5)).toEqual(["ok", "blocked", "denied", "denied"]);
    for (const cluster of clusters) expect(found(report, `connectivity.${cluster}.others`)?.verdict).toBe("ok");
    expect(rows.filter((row) => !others.includes(row))).toEqual([
      ...["gitlab-system", "harbor"].flatMap((name) =>
        clusters.map((cluster) => [name, "ok", "gets through", "allowed", "allowed", cluster]),
      ),
      ...clusters.map((cluster) => ["default", "ok", "blocked", "denied", "denied", cluster]),
    ]);
  });

  it("has something to say that is blocked with the configuration as it is shipped, where no denied ones are listed", async () => {
    const shipped = await asBotOfShop()({ matrix: true });
    expect(troubles(shipped)).toEqual([]);
    const blocked = shipped.tables[0]?.rows.filter((row) => row[2] === "blocked").map((row) => row[5]);
    expect(new Set(blocked)).toEqual(new Set(["infra", "apps"]));
  });

  it("refuses a namespace together with the matrix, and neither", async () => {
    await expect(ask({ namespace: "harbor", matrix: true })).rejects.toThrow(/either a namespace/);
    await expect(ask({})).rejects.toThrow(/either a namespace/);
    await expect(ask({ namespace: "harbor", cluster: "elsewhere" })).rejects.toThrow(/It has: infra, apps|elsewhere/);
  });
});

describe("connectivity with a password by reference", () => {
  const login = { namespace: "harbor", cluster: "infra", credentials: "secret/dragonfly-harbor" };
  const way = "connectivity.infra.harbor";

  it("logs in, learns the role, writes and reads back, and tells nobody the password", async () => {
    secret("dragonfly-harbor", { username: "harbor", password: passwordOf("harbor") });
    const report = await ask(login);
    expect(troubles(report)).toEqual([]);
    expect(found(report, way)?.detail).not.toMatch(/Not tried/);
    for (const stage of ["auth", "ping", "role", "write-read"]) expect(found(report, `${way}.${stage}`)).toBeDefined();
    expect(found(report, `${way}.write-read`)?.detail).toMatch(/^\S+: Wrote, read and deleted \{harbor\}:dfbot-probe:/);
    expect(JSON.stringify(report)).not.toContain(passwordOf("harbor"));
  });

  it("takes the user from the question when the Secret has none, and finds a wrong password", async () => {
    secret("dragonfly-harbor", { password: passwordOf("dfbot") });
    expect(troubles(await ask({ ...login, user: "dfbot" }))).toEqual([]);
    const wrong = await ask({ ...login, user: "harbor" });
    expect(troubles(wrong)).toEqual([`fail ${way}.auth`]);
    expect(found(wrong, `${way}.auth`)?.title).toMatch(/auth\.wrongpass/);
  });

  it("says that the Secret is not there, and all else that it finds", async () => {
    const report = await ask(login);
    expect(troubles(report)).toEqual([`unknown ${way}.auth`]);
    expect(found(report, way)?.detail).toContain("Namespace harbor has no Secret dragonfly-harbor with a key password");
  });
});

describe("connectivity from a pod that is there", () => {
  const web = { namespace: "default", cluster: "infra", from: "pod/web-0" };
  const way = "connectivity.infra.default.pod.web-0";
  const shop = (params: Readonly<Record<string, string>>) => asBotOfShop()(params);

  it("gets through by the pod's labels where the rest of its namespace is blocked", async () => {
    const pods = { podSelector: { matchLabels: { app: "web" } }, namespaceSelector: {} };
    networkPolicy("dragonfly-system", "for-web", { podSelector: {}, ingress: [{ from: [pods] }] });
    await runningPod({ namespace: "default", name: "web-0" }, { app: "web" });
    const [through, blocked] = await Promise.all([shop(web), shop({ namespace: "default", cluster: "infra" })]);
    expect(troubles(through)).toEqual([]);
    expect(found(through, way)?.title).toBe("pod web-0 of default in infra gets through, as it should");
    expect(found(through, way)?.detail).toContain("NetworkPolicy dragonfly-system/for-web ingress[0]");
    expect(troubles(blocked)).toEqual([]);
    expect(found(blocked, "connectivity.infra.default")?.title).toMatch(/is blocked, as it should be/);
    expect(addedTo("default", "web-0")).toHaveLength(1);
  });

  it("is blocked by the pod's labels where the rest of its namespace gets through, in the other cluster too", async () => {
    const spec = { podSelector: { matchLabels: { quarantine: "yes" } }, policyTypes: ["Egress"] };
    networkPolicy("harbor", "quarantine", spec, "apps");
    await runningPod({ namespace: "harbor", name: "sick-0", cluster: "apps" }, { quarantine: "yes" });
    const [blocked, through] = await Promise.all([
      shop({ namespace: "harbor", from: "pod/sick-0" }),
      shop({ namespace: "harbor", cluster: "apps" }),
    ]);
    expect(troubles(through)).toEqual([]);
    const sick = found(blocked, "connectivity.apps.harbor.pod.sick-0");
    expect(sick?.title).toBe("pod sick-0 of harbor in apps is blocked, as it should be");
    expect(sick?.detail).toContain("NetworkPolicy harbor/quarantine");
    // The other cluster has a namespace of that name and no such pod.
    expect(blocked.findings.filter(({ id }) => id.includes(".infra."))).toEqual([]);
  });

  it("adds one container for two bots that ask the same at once, and logs in from there", async () => {
    secret("dragonfly-harbor", { username: "harbor", password: passwordOf("harbor") });
    await runningPod({ namespace: "harbor", name: "core-0" }, { app: "core" });
    const asked = { namespace: "harbor", cluster: "infra", from: "pod/core-0", credentials: "secret/dragonfly-harbor" };
    const reports = await Promise.all([ask(asked), ask(asked)]);
    for (const report of reports) {
      expect(troubles(report)).toEqual([]);
      expect(found(report, "connectivity.infra.harbor.pod.core-0.write-read")?.verdict).toBe("ok");
    }
    expect(addedTo("harbor", "core-0")).toHaveLength(1);
  });

  it("says why nothing can be tried, in the API server's words, and leaves such a pod alone", async () => {
    add(places.pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "default", name: "web-0" },
      spec: { containers: [{ name: "main", image: "registry.example.com/nobody/has:1" }] },
    });
    const pending = await shop(web);
    expect(troubles(pending)).toEqual([`unknown ${way}`]);
    expect(found(pending, way)?.detail).toContain("pod web-0 is Pending");
    expect(addedTo("default", "web-0")).toEqual([]);

    const missing = await shop({ ...web, from: "pod/web-1" });
    expect(missing.summary).toBe("There is no pod web-1 in namespace default of infra");

    const namespaces = { group: "", plural: "namespaces" };
    add(namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "strict", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    await runningPod({ namespace: "strict", name: "old-0" }, {});
    const refused = await shop({ namespace: "strict", cluster: "infra", from: "pod/old-0" });
    const old = found(refused, "connectivity.infra.strict.pod.old-0");
    expect(old?.title).toMatch(/the namespace's Pod Security level does not take a probe/);
    expect(old?.detail).toMatch(/violates PodSecurity "restricted:latest": .*container "main" must set/);
    expect(addedTo("strict", "old-0")).toEqual([]);
  });

  it("says what became of a probe that did not run, each ending by itself in bounded time, and what to do", async () => {
    const node = "worker-lost";
    const heard = (status: "True" | "Unknown") => ({ conditions: [{ type: "Ready", status }] });
    add(places.nodes, { apiVersion: "v1", kind: "Node", metadata: { name: node }, status: heard("True") });
    const names = ["pull-0", "root-0", "exec-0", "goes-0", "full-0"];
    await Promise.all([
      ...names.map((name) => runningPod({ namespace: "default", name }, {})),
      runningPod({ namespace: "default", name: "lost-0", node }, {}),
    ]);
    const { kubelet, infra } = world;
    kubelet.trouble("default", "pull-0", "no-image");
    kubelet.trouble("default", "root-0", "no-config");
    kubelet.trouble("default", "exec-0", "start-error");
    kubelet.trouble("default", "goes-0", "never-starts");
    infra.objects.patch(places.pods, "default", "full-0", (object) => {
      const image = "registry.example.com/nobody/has:1";
      const ephemeralContainers = Array.from({ length: 20 }, (_, index) => ({ name: `dfbot-probe-x-${index}`, image }));
      object["spec"] = { ...Object(object["spec"]), ephemeralContainers };
    });
    infra.objects.patch(places.nodes, undefined, node, (object) => Object.assign(object, { status: heard("Unknown") }));
    const tryFrom = async (name: string) => {
      const report = await shop({ namespace: "default", cluster: "infra", from: `pod/${name}` });
      expect(troubles(report), name).toEqual([`unknown connectivity.infra.default.pod.${name}`]);
      const [way] = report.findings;
      return `${way?.title}. ${way?.detail}`;
    };
    const goes = tryFrom("goes-0");
    await until("it has taken the probe up", () => addedTo("default", "goes-0").length === 1);
    infra.objects.remove(places.pods, "default", "goes-0");
    const [pull, root, exec, full, lost] = await Promise.all(
      ["pull-0", "root-0", "exec-0", "full-0", "lost-0"].map(tryFrom),
    );
    expect(pull).toMatch(/image cannot be pulled\. .*ImagePullBackOff: Back-off pulling .*that pod's imagePullSecrets/);
    expect(root).toMatch(
      /node cannot start the probe\. .*CreateContainerConfigError: container has runAsNonRoot .*events/,
    );
    expect(exec).toMatch(/node cannot start the probe\. .*StartError: .*executable file not found .*events/);
    expect(await goes).toMatch(/pod went away meanwhile\. .*Ask again/);
    expect(full).toMatch(/has taken as many probes as one may\. .*only a new pod gets rid of/);
    expect(lost).toMatch(/node does not say .*worker-lost has not said .*kubectl get nodes/);

    // The node goes on trying, so whoever asks again waits for that one; it runs when nothing is wrong any more.
    await tryFrom("pull-0");
    expect(addedTo("default", "pull-0")).toHaveLength(1);
    kubelet.trouble("default", "pull-0", undefined);
    infra.objects.patch(places.nodes, undefined, node, (object) => Object.assign(object, { status: heard("True") }));
    const again = await Promise.all(
      ["pull-0", "lost-0"].map((name) => shop({ namespace: "default", cluster: "infra", from: `pod/${name}` })),
    );
    for (const report of again) expect(troubles(report)).toEqual([]);
    expect(addedTo("default", "lost-0").length).toBeLessThanOrEqual(2);
  });

  it("can add nothing else with the bot's rights", async () => {
    await runningPod({ namespace: "default", name: "web-0" }, { app: "web" });
    const { config } = requireSettings(world.env(), "cli");
    const { probes } = composePlatform(requireSettings(world.env(), "cli"));
    const wanted = {
      cluster: "infra",
      namespace: "default",
      pod: "web-0",
      image: config.probes.image ?? "",
      run: "c-1",
    };
    const tries = [
      { ...wanted, args: ["--host", "10.0.0.1"] },
      { ...wanted, image: "busybox:1", args: [] },
      { ...wanted, args: [], credentials: { secret: "web-tls" } },
    ];
    for (const one of tries) {
      expect(await probes.run(one, AbortSignal.timeout(30_000))).toMatchObject({
        kind: "refused",
        why: "admission",
        said: expect.stringContaining("ValidatingAdmissionPolicy 'dfbot-probe-pods'"),
      });
    }
    expect(addedTo("default", "web-0")).toEqual([]);
  });
});

describe("probe pods", () => {
  const probes = () => composePlatform(requireSettings(world.env(), "cli")).probes;
  const removeAll = (olderThanMs: number, cluster = "infra") =>
    probes().removeLeftovers(cluster, olderThanMs, AbortSignal.timeout(30_000));

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
