import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { Report } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import {
  config,
  type FakeWorld,
  fakePlatform,
  healthyCluster,
  ips,
  meta,
  pod,
  policy,
  primaryState,
  replicaState,
  service,
} from "../../fakes/platform.ts";

async function run(world: FakeWorld = {}, runbook = "status", instance?: string): Promise<Report> {
  const runner = createRunner({
    runbooks: catalog,
    config,
    platform: fakePlatform(world),
    scrub: (text) => text,
    now: () => new Date("2026-01-02T12:00:00Z"),
  });
  return runner.run({
    runbook,
    params: instance === undefined ? {} : { instance },
    requester: { surface: "cli", id: "test" },
  });
}

/** Everything that is not ok, as `id: verdict`. */
const troubles = (report: Report) =>
  report.findings.filter(({ verdict }) => verdict !== "ok").map(({ id, verdict }) => `${id}: ${verdict}`);
const titleOf = (report: Report, id: string) => report.findings.find((finding) => finding.id === id)?.title;

const unreachable = new BotError(
  "kubernetes.unreachable",
  "The API server of apps does not answer",
  "Check the network",
);

describe("status of a healthy instance", () => {
  it("is ok, says who is primary, and gives every finding evidence that a person can repeat", async () => {
    const report = await run();
    expect(troubles(report)).toEqual([]);
    expect(report.summary).toBe(
      "dragonfly (infra/dragonfly-system) is healthy: dragonfly-0 is primary, 2 replicas in sync",
    );
    for (const finding of report.findings) {
      expect(finding.evidence.length, finding.id).toBeGreaterThan(0);
      for (const { command } of finding.evidence)
        expect(command).toMatch(/^(kubectl --context=(infra|apps) |PromQL: )/);
    }
  });

  it("gives every finding an id of its own", async () => {
    const ids = (await run()).findings.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("status says what is wrong", () => {
  const { podDisruptionBudgets, statefulSet, dragonfly, deployment } = healthyCluster();
  if ([podDisruptionBudgets, statefulSet, dragonfly, deployment].some((answer) => answer instanceof BotError))
    throw new Error("not healthy");
  const cases: readonly (readonly [string, FakeWorld, readonly string[]])[] = [
    [
      "the operator has no ready replica",
      { infra: { deployment: { ...(deployment as Exclude<typeof deployment, BotError>), readyReplicas: 0 } } },
      ["operator.replicas: fail"],
    ],
    [
      "one operator replica of two is ready",
      { infra: { deployment: { ...(deployment as Exclude<typeof deployment, BotError>), readyReplicas: 1 } } },
      ["operator.replicas: warn"],
    ],
    [
      "the operator runs another version",
      { infra: { deployment: { ...(deployment as Exclude<typeof deployment, BotError>), images: ["x:v1.6.10"] } } },
      ["operator.version: warn"],
    ],
    [
      "no disruption budget exists at all",
      { infra: { podDisruptionBudgets: [] } },
      ["pdb.data: fail", "operator.pdb: warn"],
    ],
    [
      "a volume is not bound",
      { infra: { persistentVolumeClaims: [{ meta: meta("df-dragonfly-0"), phase: "Pending", requestedBytes: 1 }] } },
      ["pvc.df-dragonfly-0: fail"],
    ],
    ["no policy restricts the pods", { infra: { networkPolicies: [] } }, ["networkpolicy.data: fail"]],
    [
      "the policies shut everybody out",
      {
        infra: {
          networkPolicies: [policy("default-deny", {}, 0)],
        },
      },
      ["networkpolicy.data: fail"],
    ],
    [
      "one of the two kinds of policy could not be read",
      { infra: { ciliumNetworkPolicies: new BotError("kubernetes.forbidden", "no", "grant it") } },
      ["networkpolicy.data: unknown"],
    ],
    [
      "a policy is not understood",
      {
        infra: { ciliumNetworkPolicies: [{ ...policy("cilium", {}, 1), unmodelled: "ingress.0: says something new" }] },
      },
      ["networkpolicy.data: unknown"],
    ],
    ["nobody scrapes", { infra: { monitors: [] } }, ["monitor.pods: warn", "monitor.rules: warn"]],
    [
      "the CRD is not established",
      {
        infra: {
          customResourceDefinition: {
            meta: meta("dragonflies.dragonflydb.io"),
            established: false,
            servedVersions: [],
          },
        },
      },
      ["crd.established: fail"],
    ],
    [
      "the resource pins no image",
      { infra: { dragonfly: { ...(dragonfly as Exclude<typeof dragonfly, BotError>), image: undefined } } },
      ["resource.image: warn"],
    ],
    [
      "a rollout is stalled",
      {
        infra: {
          statefulSet: {
            ...(statefulSet as Exclude<typeof statefulSet, BotError>),
            updateRevision: "b",
            updatedReplicas: 1,
          },
        },
      },
      ["statefulset.replicas: warn"],
    ],
    [
      "memory passes 80 %",
      {
        servers: {
          "dragonfly-0": primaryState({ memory: { usedBytes: 85, rssBytes: 90, maxBytes: 100, cacheMode: false } }),
        },
      },
      ["server.dragonfly-0.memory: warn"],
    ],
    [
      "memory passes 90 %",
      {
        servers: {
          "dragonfly-0": primaryState({ memory: { usedBytes: 95, rssBytes: 99, maxBytes: 100, cacheMode: false } }),
        },
      },
      ["server.dragonfly-0.memory: fail"],
    ],
    [
      "clients near their limit",
      { servers: { "dragonfly-0": primaryState({ clients: { connected: 81, max: 100, blocked: 0 } }) } },
      ["server.dragonfly-0.clients: warn"],
    ],
    [
      "eviction is on",
      {
        servers: {
          "dragonfly-0": primaryState({ memory: { usedBytes: 1, rssBytes: 1, maxBytes: 100, cacheMode: true } }),
        },
      },
      ["server.dragonfly-0.evictions: warn"],
    ],
    [
      "a volume is almost full",
      {
        volumeUse: [0, 1, 2].map((i) => ({
          labels: { persistentvolumeclaim: `df-dragonfly-${i}` },
          value: i === 1 ? 0.96 : 0.2,
          at: "",
        })),
      },
      ["pvc.df-dragonfly-1.used: fail"],
    ],
    [
      "a server runs another version",
      { servers: { "dragonfly-2": replicaState({ version: "v1.39.0" }) } },
      ["server.dragonfly-2: warn"],
    ],
    [
      "a pod runs another image",
      { infra: { pods: [pod(0), pod(1), pod(2, { image: "dragonfly:v1.39.0" })] } },
      ["pod.dragonfly-2: warn"],
    ],
    [
      "two pods share a node",
      { infra: { pods: [pod(0), pod(1), pod(2, { node: "node-1" })] } },
      ["pods.nodes: warn", "pods.zones: warn"],
    ],
    [
      "the Service selects replicas too",
      { infra: { services: [service("dragonfly", { selector: { app: "dragonfly" } }), service("dragonfly-global")] } },
      ["service.dragonfly: fail"],
    ],
    [
      "the global Service is gone from apps",
      { apps: { services: [service("dragonfly")] } },
      ["service.apps.dragonfly-global: fail"],
    ],
    [
      "apps has backends of its own",
      { apps: { endpoints: [{ service: "dragonfly", address: "10.9.9.9", ready: true, port: 6379 }] } },
      ["service.apps.dragonfly: fail"],
    ],
    [
      "a pod was killed for its memory a minute ago",
      {
        infra: {
          pods: [
            pod(0),
            pod(1),
            pod(2, {
              restarts: 1,
              lastTermination: { reason: "OOMKilled", exitCode: 137, finishedAt: "2026-01-02T11:59:00Z" },
            }),
          ],
        },
      },
      ["pod.dragonfly-2: warn"],
    ],
  ];
  it.each(cases)("%s", async (_, world, expected) => {
    expect(troubles(await run(world))).toEqual(expected);
  });

  it("a second budget over the same pods, because it makes every eviction fail", async () => {
    const one = {
      meta: meta("dragonfly"),
      selector: { matchLabels: { app: "dragonfly" } },
      minAvailable: "2",
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
    };
    const report = await run({
      infra: {
        podDisruptionBudgets: [one, { ...one, meta: meta("second") }, { ...one, meta: meta("op"), selector: {} }],
      },
    });
    expect(titleOf(report, "pdb.data")).toMatch(/3 PodDisruptionBudgets select the same pods/);
  });

  it("an old termination is history, not a warning", async () => {
    const lastTermination = { reason: "Error", exitCode: 1, finishedAt: "2025-12-01T00:00:00Z" };
    expect(
      troubles(await run({ infra: { pods: [pod(0), pod(1), pod(2, { restarts: 4, lastTermination })] } })),
    ).toEqual([]);
  });

  it("a phase of Ready over dead pods is called what it is", async () => {
    const dead = [0, 1, 2].map((i) => pod(i, { ready: false, waitingReason: "CrashLoopBackOff", restarts: 7 }));
    const refused = new BotError("server.unreachable", "connection refused", "Look at the pod");
    const report = await run({
      infra: { pods: dead, endpoints: [] },
      servers: { "dragonfly-0": refused, "dragonfly-1": refused, "dragonfly-2": refused },
    });
    expect(report.verdict).toBe("fail");
    expect(titleOf(report, "resource.phase")).toBe("Phase is Ready; 0 of 3 pods are ready");
    expect(titleOf(report, "pod.dragonfly-0")).toBe("Pod dragonfly-0 waits: CrashLoopBackOff");
    expect(titleOf(report, "replication.primary")).toBe("No server is primary: every write fails");
  });
});

describe("snapshots", () => {
  const withSnapshot = (snapshot: Partial<ReturnType<typeof primaryState>["snapshot"]>) =>
    run({ servers: { "dragonfly-0": primaryState({ snapshot: { saving: false, ...snapshot } }) } });

  it("a failure after the last success is a failure, though every metric is silent", async () => {
    const report = await withSnapshot({
      lastSuccessAt: "2026-01-02T06:00:00Z",
      lastFailureAt: "2026-01-02T11:00:00Z",
      lastError: "No space left on device",
    });
    expect(troubles(report)).toEqual(["server.dragonfly-0.snapshot: fail"]);
  });

  it("an error that a later success has overtaken is not one, though the server never clears it", async () => {
    expect(
      troubles(
        await withSnapshot({
          lastSuccessAt: "2026-01-02T11:30:00Z",
          lastFailureAt: "2026-01-02T11:00:00Z",
          lastError: "old",
        }),
      ),
    ).toEqual([]);
  });

  it("one older than the schedule allows is a warning; a young process without one is not", async () => {
    expect(troubles(await withSnapshot({ lastSuccessAt: "2026-01-01T12:00:00Z" }))).toEqual([
      "server.dragonfly-0.snapshot: warn",
    ]);
    expect(
      troubles(
        await run({ servers: { "dragonfly-0": primaryState({ uptimeSeconds: 60, snapshot: { saving: false } }) } }),
      ),
    ).toEqual([]);
  });
});

describe("what cannot be read", () => {
  it("is unknown with its reason, and leaves the rest", async () => {
    const report = await run({ apps: { services: unreachable, endpoints: unreachable } });
    expect(troubles(report)).toEqual(["service.apps: unknown"]);
    expect(report.verdict).toBe("unknown");
    expect(report.findings.find(({ id }) => id === "service.apps")?.detail).toContain("does not answer");
  });

  it("never turns ok: with the whole API gone, nothing but what the servers say is left", async () => {
    const infra = Object.fromEntries(Object.keys(healthyCluster()).map((method) => [method, unreachable]));
    const first = await run({ infra, apps: infra, volumeUse: unreachable });
    expect(first.findings.filter(({ verdict }) => verdict !== "unknown")).toEqual([]);
    const lastKnownPods = new Map([
      [
        "infra/dragonfly-system/dragonfly",
        ips.map((ip, i) => ({ cluster: "infra", namespace: "dragonfly-system", pod: `dragonfly-${i}`, ip })),
      ],
    ]);
    const second = await run({ infra, apps: infra, volumeUse: unreachable, lastKnownPods });
    expect(titleOf(second, "server.dragonfly-0")).toBe("Server dragonfly-0: v1.40.1, up 1d, 120 ops/s");
  });

  it("volumes are unknown when no metrics store is configured", async () => {
    const report = await run({
      volumeUse: new BotError("metrics.not-configured", "no metrics store is configured", "Set PROMETHEUS_URL"),
    });
    expect(troubles(report)).toEqual([0, 1, 2].map((i) => `pvc.df-dragonfly-${i}.used: unknown`));
  });
});

describe("instances", () => {
  it("one that does not exist is refused with the names of those that do", async () => {
    await expect(run({}, "status", "dragonfly-mars")).rejects.toMatchObject({
      code: "instance.unknown",
      next: expect.stringContaining("dragonfly-system/dragonfly"),
    });
  });

  it("one that only the cluster knows is found there", async () => {
    const { dragonfly } = healthyCluster();
    if (dragonfly instanceof BotError) throw dragonfly;
    const other = { ...dragonfly, meta: meta("dragonfly-gitlab", { namespace: "gitlab-system" }) };
    const report = await run({ infra: { dragonflies: [other] } }, "role", "dragonfly-gitlab");
    expect(report.summary).toContain("dragonfly-gitlab (infra/gitlab-system)");
  });

  it.each(["dragonfly; rm -rf /", "$(id)", "a b", "../etc", "UPPER", "-x", "x".repeat(64)])(
    "a name like %j never reaches anything",
    async (name) => {
      await expect(run({}, "status", name)).rejects.toMatchObject({
        code: "runbook.parameters",
        message: expect.stringMatching(/must be an instance name/),
      });
    },
  );
});
