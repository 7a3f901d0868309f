import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { KubernetesEvent, Kustomization } from "../../../src/platform/kubernetes.ts";
import type { Platform } from "../../../src/platform/ports.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { causesOfAlert } from "../../../src/runbooks/triage/causes.ts";
import { alertRules } from "../../alerts/rules.ts";
import { config, type FakeWorld, fakePlatform, meta, pod, primaryState, replicaState } from "../../fakes/platform.ts";

const now = new Date("2026-01-02T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const known = new Map([
  [
    "infra/dragonfly-system/dragonfly",
    [0, 1, 2].map((n) => ({
      cluster: "infra",
      namespace: "dragonfly-system",
      pod: `dragonfly-${n}`,
      ip: `10.0.0.1${n}`,
    })),
  ],
]);

const triage = (platform: Platform, alert: string, readTimeoutMs = 500, since?: string) =>
  createRunner({
    runbooks: catalog,
    config: { ...config, readTimeoutMs },
    platform,
    scrub: (text) => text,
    now: () => now,
  }).run({
    runbook: "triage",
    params: { alert, since },
    requester: { surface: "cli", id: "test" },
  });
const ask = (world: FakeWorld, alert = "SomethingUnknown", since?: string) =>
  triage(fakePlatform({ lastKnownPods: known, ...world }), alert, undefined, since);
const found = async (world: FakeWorld, id: RegExp, alert?: string) =>
  (await ask(world, alert)).findings
    .filter((finding) => id.test(finding.id))
    .map(({ verdict, title }) => `${verdict}: ${title}`);

const event = (more: Partial<KubernetesEvent>): KubernetesEvent => ({
  at: minutesAgo(5),
  warning: true,
  reason: "BackOff",
  message: "Back-off restarting failed container",
  kind: "Pod",
  name: "dragonfly-1",
  count: 3,
  ...more,
});
const kustomization = (more: Partial<Kustomization>): Kustomization => ({
  meta: meta("platform"),
  ready: true,
  message: "",
  suspended: false,
  appliedRevision: "main@sha1:0123456789abcdef0123456789abcdef01234567",
  changedAt: minutesAgo(300),
  ...more,
});

describe("every alert of the instances", () => {
  it.each(alertRules.filter(({ alert }) => alert.startsWith("Dragonfly")).map(({ alert }) => alert))(
    "%s has causes of its own",
    (alert) => {
      expect(causesOfAlert[alert]?.length).toBeGreaterThan(0);
    },
  );
});

describe("the evidence of a triage", () => {
  it("has the telling events of the last hour, of pods that are still there", async () => {
    const events = [
      event({ at: minutesAgo(90), reason: "OOMKilling" }),
      event({ name: "dragonfly-9", reason: "Failed" }),
      event({ reason: "Pulled", warning: false }),
      event({ reason: "FailedScheduling", message: "0/3 nodes are available" }),
    ];
    expect(await found({ infra: { events } }, /^event/)).toEqual([
      "warn: FailedScheduling of dragonfly-1, 5m ago: 0/3 nodes are available",
    ]);
    expect(await found({}, /^events$/)).toEqual(["ok: No telling event in the last hour (0 events)"]);
  });

  it("has the last words of a container that crashes, and how much of them is the evidence", async () => {
    const crashing = { pods: [pod(0), pod(1, { ready: false, waitingReason: "CrashLoopBackOff" }), pod(2)] };
    const log = `${"x\n".repeat(5_000)}F20260102 12:00:00 snapshot is corrupt`;
    const said = await found({ infra: { ...crashing, previousLog: log } }, /^lastwords.dragonfly-1$/);
    expect(said).toEqual([
      "fail: The last container of dragonfly-1 ended with: F20260102 12:00:00 snapshot is corrupt",
    ]);
    expect((await ask({ infra: { ...crashing, previousLog: log } }, "DragonflyPodDown")).findings[0]?.id).toBe(
      "cause.crash-loop",
    );
  });

  it("has what Flux applied lately, and what it cannot apply, unless somebody suspended it", async () => {
    const kustomizations = [
      kustomization({ changedAt: minutesAgo(4) }),
      kustomization({ meta: meta("tenants"), ready: false, message: "build failed" }),
      kustomization({ meta: meta("old"), ready: false, message: "build failed", suspended: true }),
    ];
    expect(await found({ infra: { kustomizations } }, /^changes/)).toEqual([
      "warn: Flux cannot apply tenants: build failed",
      "warn: Flux applied main@sha1:01234567 to platform 4m ago",
    ]);
  });

  it("names one address with most of the clients, and nobody when there are many", async () => {
    const platform = fakePlatform({ lastKnownPods: known });
    const clients = (counts: readonly number[]) => ({
      ...platform,
      servers: {
        ...platform.servers,
        clients: async () => counts.map((connections, n) => ({ address: `10.1.0.${n}`, connections })),
      },
    });
    const said = async (counts: readonly number[], alert: string) =>
      (await triage(clients(counts), alert)).findings
        .filter(({ id }) => id === "clients.dragonfly-0")
        .map(({ title }) => title);
    expect(await said([180, 20], "DragonflyClientsNearLimit")).toEqual([
      "180 of the 200 clients of dragonfly-0 come from one address: 10.1.0.0",
    ]);
    expect(await said([20, 20, 20], "DragonflyClientsNearLimit")).toEqual([
      "The clients of dragonfly-0 come from 3 addresses, 60 in all",
    ]);
    expect(await said([180], "DragonflyPodDown")).toEqual([]);
  });

  it("has a slow command that is of now, without its arguments", async () => {
    const slow = (minutes: number) => ({
      at: minutesAgo(minutes),
      microseconds: 900_000,
      command: "KEYS",
      client: "10.1.0.4:5555",
    });
    const with_ = (slowLog: ReturnType<typeof slow>[]) => ({ servers: { "dragonfly-0": primaryState({ slowLog }) } });
    expect(await found(with_([slow(1), slow(2)]), /^hot/)).toEqual([
      "warn: dragonfly-0 spent 1.8 s in 2 slow KEYS within ten minutes, lastly for 10.1.0.4",
    ]);
    expect(await found(with_([slow(20), slow(30)]), /^hot/)).toEqual([]);
  });

  it("that cannot be read is unknown, and never a reason not to answer", async () => {
    const away = new BotError("kubernetes.forbidden", "not allowed", "Grant it");
    const report = await ask({ infra: { events: away, kustomizations: away, previousLog: away } });
    const unknown = report.findings.filter(({ verdict }) => verdict === "unknown").map(({ id }) => id);
    expect(unknown).toEqual(expect.arrayContaining(["events", "changes"]));
    expect(report.summary).toMatch(/checks? could not be made/);
  });
});

describe("servers that started", () => {
  const up = (seconds: readonly [number, number, number]) => ({
    "dragonfly-0": primaryState({ uptimeSeconds: seconds[0] }),
    "dragonfly-1": replicaState({ uptimeSeconds: seconds[1] }),
    "dragonfly-2": replicaState({ uptimeSeconds: seconds[2] }),
  });

  it("lately are the cause when all that was read is well, and no failure", async () => {
    const { summary, verdict, findings } = await ask({ servers: up([9, 7, 7]) }, "DragonflyNoPrimary");
    expect(summary).toBe(
      "Most likely: All 3 servers started lately: dragonfly-0 9s ago, dragonfly-1 7s ago, dragonfly-2 7s ago; all is well now",
    );
    expect(verdict).toBe("ok");
    expect(findings.map(({ id, verdict: one }) => `${id} ${one}`)).toEqual(["cause.started ok", "starts ok"]);
    expect(findings[1]?.evidence).toContainEqual(expect.objectContaining({ output: "uptime_in_seconds 9" }));
  });

  it("are the cause after every other one, and what else is amiss is not called well", async () => {
    const slow = { servers: { ...up([9, 7, 7]), "dragonfly-1": replicaState({ uptimeSeconds: 7 }, { up: false }) } };
    expect((await ask(slow, "DragonflyNoPrimary")).findings[0]?.id).toBe("cause.stuck-replica");
    const unread = {
      servers: up([9, 7, 7]),
      infra: { events: new BotError("kubernetes.forbidden", "no", "Grant it") },
    };
    const { summary, verdict } = await ask(unread, "DragonflyNoPrimary");
    expect(summary).toMatch(/; nothing else that was read explains it; 1 check could not be made$/);
    expect(verdict).toBe("unknown");
  });

  it.each([
    ["ten minutes ago", undefined, 600, true],
    ["longer ago", undefined, 601, false],
    ["hours ago, shortly before the alert", minutesAgo(180), 185 * 60, true],
    ["long before the alert", minutesAgo(180), 191 * 60, false],
    ["right after the alert began", minutesAgo(180), 178 * 60, true],
    ["just now, long after the alert began", minutesAgo(180), 7, false],
  ])("%s", async (_, since, seconds, named) => {
    const { summary } = await ask({ servers: up([seconds, 500_000, 500_000]) }, "DragonflyNoPrimary", since);
    if (!named) expect(summary).toMatch(/^Nothing that was read explains DragonflyNoPrimary/);
    else
      expect(summary).toMatch(
        since === undefined
          ? /1 of 3 servers started lately: dragonfly-0 \S+ ago; /
          : /1 of 3 servers started about when the alert began: dragonfly-0 .+ ago; /,
      );
  });
});

describe("the time of a triage", () => {
  it("is that of its slowest source, and bounded when sources hang", async () => {
    const hang = () => new Promise<never>(() => {});
    const healthy = fakePlatform({ lastKnownPods: known });
    const hanging: Platform = {
      ...healthy,
      cluster: (name) =>
        new Proxy(healthy.cluster(name), {
          get: (target, property) =>
            property === "cluster" || property === "context" ? Reflect.get(target, property) : hang,
        }),
      servers: { state: hang, clients: hang, users: hang },
      metrics: { query: hang, range: hang, rules: hang },
    };
    const began = performance.now();
    const report = await triage(hanging, "DragonflyMemoryHigh", 400);
    const took = performance.now() - began;
    expect(report.verdict).toBe("unknown");
    expect(took).toBeGreaterThan(390);
    // All at once: twice the limit would mean that one waited for another.
    expect(took).toBeLessThan(790);
  });
});
