import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { platformObjects } from "../../../sandbox/world/platform/platform.ts";
import { configSchema } from "../../../src/config/file.ts";
import { BotError } from "../../../src/errors.ts";
import type { KubernetesReader, LoadedRule, Platform } from "../../../src/platform/ports.ts";
import type { ServerUser } from "../../../src/platform/server.ts";
import { parseUserLine } from "../../../src/platform/server-user.ts";
import type { Finding } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { shippedAlerts } from "../../../src/runbooks/verify/shipped-alerts.ts";
import { alertRules } from "../../alerts/rules.ts";
import { config, type FakeWorld, fakePlatform, primaryState, replicaState } from "../../fakes/platform.ts";

/** What a live world cannot have otherwise in an instant. Everything else: test/integration/world/verify. */

const now = new Date("2026-01-02T12:00:00Z");
const all = Object.values(shippedAlerts).flat();

interface Told {
  /** Seconds since the newest sample, by pod. */
  readonly ages?: Readonly<Record<string, number>>;
  readonly firing?: boolean;
  readonly rules?: readonly LoadedRule[];
  readonly users?: readonly ServerUser[];
  readonly beats?: readonly string[];
}

function loaded(more: Partial<LoadedRule> = {}): (alert: string) => LoadedRule {
  return (alert) => ({ alert, group: "g", health: "ok", lastError: "", lastEvaluationAt: now.toISOString(), ...more });
}

function platformOf(world: FakeWorld, told: Told): Platform {
  const { ages = { "dragonfly-0": 5, "dragonfly-1": 5, "dragonfly-2": 5 }, firing = true } = told;
  const healthy = fakePlatform(world);
  return {
    ...healthy,
    servers: { ...healthy.servers, users: async () => told.users ?? [] },
    metrics: {
      ...healthy.metrics,
      rules: async () => told.rules ?? all.map(loaded()),
      query: async (promql) => {
        if (promql.startsWith("timestamp("))
          return Object.entries(ages).map(([pod, age]) => ({
            labels: { pod },
            value: now.getTime() / 1_000 - age,
            at: now.toISOString(),
          }));
        return promql.startsWith("ALERTS") && firing ? [{ labels: {}, value: 1, at: now.toISOString() }] : [];
      },
    },
    alerting: {
      ...healthy.alerting,
      heartbeats: async () => (told.beats ?? [now.toISOString()]).map((lastAt) => ({ labels: {}, lastAt })),
    },
  };
}

async function report(platform: Platform) {
  const runner = createRunner({ runbooks: catalog, config, platform, scrub: (text) => text, now: () => now });
  return await runner.run({ runbook: "verify", params: {}, requester: { surface: "cli", id: "test" } });
}

async function check(id: string, world: FakeWorld = {}, told: Told = {}): Promise<Finding | undefined> {
  return (await report(platformOf(world, told))).findings.find((finding) => finding.id === id);
}

describe("verify", () => {
  it("says of every check that it is unknown, never ok, when nothing can be read", async () => {
    const away = new BotError("kubernetes.unreachable", "The API server cannot be reached", "Look at the network");
    const none = async () => {
      throw away;
    };
    const healthy = fakePlatform();
    const cluster = (name: string): KubernetesReader =>
      new Proxy(healthy.cluster(name), {
        get: (target, property) =>
          property === "cluster" || property === "context" ? Reflect.get(target, property) : none,
      });
    const { findings, summary } = await report({
      ...healthy,
      cluster,
      servers: { state: none, clients: none, users: none },
      metrics: { query: none, range: none, rules: none },
      alerting: { activeAlertNames: none, activeAlerts: none, incidents: none, heartbeats: none },
    });
    expect(findings.length).toBeGreaterThan(70);
    expect(findings.filter(({ verdict }) => verdict !== "unknown").map(({ id }) => id)).toEqual([]);
    expect(summary).toMatch(/0 of \d+ checks hold, none failed; \d+ checks could not be made/);
  });

  it("has for each check what was expected, a command that a person would run, and when that was read", async () => {
    const { findings } = await report(platformOf({}, {}));
    for (const { id, detail, evidence } of findings) {
      expect(detail, id).toMatch(/^Expected: \S/);
      expect(evidence.length, id).toBeGreaterThan(0);
      for (const { command, at } of evidence) {
        expect(command, id).toMatch(
          /^(kubectl --context=|flux --context=|PromQL: |curl |git ls-remote |nc |redis-cli )/,
        );
        expect(Number.isNaN(Date.parse(at)), id).toBe(false);
      }
    }
  });

  it.each([
    ["fresh", { "dragonfly-0": 5, "dragonfly-1": 5, "dragonfly-2": 100 }, "ok"],
    ["of one pod are four minutes old", { "dragonfly-0": 5, "dragonfly-1": 5, "dragonfly-2": 240 }, "fail"],
    ["of one pod are missing", { "dragonfly-0": 5, "dragonfly-1": 5 }, "fail"],
  ])("metrics that are %s", async (_, ages, verdict) => {
    expect(await check("ac2.metrics.arrive", {}, { ages })).toMatchObject({ verdict });
  });

  it.each([
    ["succeeded an hour ago", { lastSuccessAt: "2026-01-02T11:00:00Z" }, 86_400, "ok"],
    ["succeeded eight hours ago", { lastSuccessAt: "2026-01-02T04:00:00Z" }, 86_400, "fail"],
    [
      "failed after it succeeded",
      { lastSuccessAt: "2026-01-02T11:00:00Z", lastFailureAt: "2026-01-02T11:30:00Z", lastError: "disk full" },
      86_400,
      "fail",
    ],
    [
      "failed before it succeeded",
      { lastSuccessAt: "2026-01-02T11:00:00Z", lastFailureAt: "2026-01-02T10:30:00Z" },
      86_400,
      "ok",
    ],
    ["was never made in a day", {}, 86_400, "fail"],
    ["was never made by a server that has just started", {}, 60, "unknown"],
  ])("a snapshot that %s", async (_, snapshot, uptimeSeconds, verdict) => {
    const servers = { "dragonfly-0": primaryState({ uptimeSeconds, snapshot: { saving: false, ...snapshot } }) };
    expect(await check("ac2.snapshot", { servers })).toMatchObject({ verdict });
  });

  it.each([
    ["down", { up: false }],
    ["in a full sync", { syncInProgress: true }],
    ["silent", { lastIoSecondsAgo: 300 }],
  ])("a replica whose link is %s is not in sync", async (_, link) => {
    const servers = { "dragonfly-1": replicaState({}, link) };
    expect(await check("ac2.replicas.in-sync", { servers })).toMatchObject({ verdict: "fail" });
  });

  it("does not say who is primary while a server cannot be read, but does when two say so", async () => {
    const away = new BotError("server.unreachable", "refused", "Look at the pod");
    expect(await check("ac2.primary", { servers: { "dragonfly-2": away } })).toMatchObject({ verdict: "unknown" });
    const two = { "dragonfly-1": primaryState(), "dragonfly-2": away };
    expect(await check("ac2.primary", { servers: two })).toMatchObject({ verdict: "fail" });
  });

  it("finds a pod that is ready while its server loads", async () => {
    const servers = { "dragonfly-1": replicaState({ loading: true }) };
    expect(await check("hardening.probes.effective", { servers })).toMatchObject({ verdict: "fail" });
  });

  it("finds a store that evicts, and one that is nearly full", async () => {
    const { memory } = primaryState();
    for (const more of [{ cacheMode: true }, { usedBytes: memory.maxBytes * 0.95 }]) {
      const servers = { "dragonfly-0": primaryState({ memory: { ...memory, ...more } }) };
      expect(await check("hardening.queue.safe", { servers })).toMatchObject({ verdict: "fail" });
    }
  });

  const asService = (queueDangers: () => Promise<readonly string[]>): Platform => {
    const platform = platformOf({}, {});
    return { ...platform, own: { ...platform.own, queueDangers } };
  };

  it("finds what the bot's own connection to its queue sees, in the service, and says in a terminal that there is none", async () => {
    const queue = async (platform: Platform) =>
      (await report(platform)).findings.find(({ id }) => id === "hardening.queue.safe");
    expect(await queue(asService(async () => []))).toMatchObject({
      verdict: "ok",
      title: "A queue on the primary: safe",
      evidence: [{}, { command: 'redis-cli -u "$STORE_URL" INFO', output: "no danger" }],
    });
    expect(await queue(asService(async () => ["it has never saved a snapshot"]))).toMatchObject({
      verdict: "fail",
      title: expect.stringContaining("the bot's own connection: it has never saved a snapshot"),
    });
    const away = asService(async () => {
      throw new BotError("store.unreachable", "The store cannot be reached", "Look at it");
    });
    expect(await queue(away)).toMatchObject({ verdict: "unknown" });
    const terminal = await queue(platformOf({}, {}));
    expect(terminal).toMatchObject({
      verdict: "ok",
      title: expect.stringContaining("a terminal has no queue of its own"),
    });
  });

  it("has the ends of the audit log with it, or says why not", async () => {
    const platform = platformOf({}, {});
    const with_ = (auditHeads: Platform["own"]["auditHeads"]) =>
      report({ ...platform, own: { ...platform.own, auditHeads } });
    const head = { writer: "w", entries: 2, seq: 2, at: now.toISOString(), hash: "c".repeat(64) };
    const { seq: _, ...shown } = head;
    expect((await with_(async () => ({ heads: [head], complete: true }))).auditSeal).toEqual({
      log: "a log",
      heads: [shown],
    });
    expect((await with_(async () => ({ heads: [head], complete: false }))).auditSeal).toMatchObject({
      heads: [shown],
      missing: expect.stringContaining("other processes"),
    });
    const gone = await with_(async () => {
      throw new BotError("journal.open", "There is no audit log", "Check DATA_DIR");
    });
    expect(gone.auditSeal).toMatchObject({ heads: [], missing: expect.stringContaining("Check DATA_DIR") });
    expect(
      gone.findings.some(({ id }) => /audit/.test(id)),
      "it is no check",
    ).toBe(false);
  });
});

describe("a verification beside the last one", () => {
  const lastTime = async (change: (verdicts: Record<string, string>) => void): Promise<Platform> => {
    const platform = platformOf({}, {});
    const { findings } = await report(platform);
    const verdicts = Object.fromEntries(findings.map(({ id, verdict }) => [id, verdict]));
    change(verdicts);
    const last = { at: "2026-01-01T02:30:00.000Z", runId: "1", verdicts };
    return { ...platform, lastResults: { last: async () => last } };
  };

  it("is as it was", async () => {
    const { summary, tables } = await report(await lastTime(() => undefined));
    expect(summary).toMatch(/; as on 2026-01-01 02:30 UTC$/);
    expect(tables.map(({ title }) => title)).toEqual(["Criteria"]);
  });

  it("says what got worse first, then what got better, and leaves out a new check that holds", async () => {
    const platform = await lastTime((verdicts) => {
      verdicts["ac2.pdb"] = "fail";
      verdicts["ac5.rules.memory"] = "ok";
      verdicts["ac9.retired"] = "ok";
      delete verdicts["ac2.pods"];
    });
    const { summary, tables } = await report(platform);
    expect(summary).toMatch(/; 2 worse and 1 better than on 2026-01-01 02:30 UTC$/);
    expect(tables[0]?.rows).toEqual([
      ["ac5.rules.memory", "ok", "fail"],
      ["ac9.retired", "ok", "not there"],
      ["ac2.pdb", "fail", "ok"],
    ]);
  });

  it("says that it is not compared when the last one cannot be read, which is no failed check", async () => {
    const platform = platformOf({}, {});
    const last = async () => {
      throw new BotError("kubernetes.forbidden", "may not", "Ask for the right");
    };
    const [with_, without] = await Promise.all([report({ ...platform, lastResults: { last } }), report(platform)]);
    expect(with_.summary).toMatch(/; not compared with the last run$/);
    expect(with_.findings.map(({ id }) => id)).toEqual(without.findings.map(({ id }) => id));
  });
});

describe("the pages about verify", () => {
  const named = (page: string) => {
    const text = readFileSync(join(import.meta.dirname, "../../../docs", page), "utf8");
    return [...text.matchAll(/`((?:ac\d|hardening|drift)\.[\w.*-]+)`/g)].map(([, name = ""]) => name);
  };
  const covers = (name: string, id: string) => (name.endsWith("*") ? id.startsWith(name.slice(0, -1)) : id === name);

  it.each(["verify.md", "acceptance.md"])("%s names only checks that there are", async (page) => {
    const { findings } = await report(platformOf({}, {}));
    const names = named(page);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !findings.some(({ id }) => covers(name, id)))).toEqual([]);
  });

  it("leave none out", async () => {
    const { findings } = await report(platformOf({}, {}));
    const names = named("verify.md");
    const left = findings.filter(({ id }) => !names.some((name) => covers(name, id))).map(({ id }) => id);
    // "and so on": each namespace of the configuration.
    expect(left).toEqual(["ac4.policy.harbor.allowed"]);
  });
});

describe("the rules that verify asks for", () => {
  it("are those that are shipped", () => {
    const shipped = alertRules.map(({ alert }) => alert).filter((alert) => alert.startsWith("Dragonfly"));
    expect(all.toSorted()).toEqual(shipped.toSorted());
  });

  it.each([
    ["all of them", all.map(loaded()), true, "ok"],
    ["all but one", all.slice(1).map(loaded()), true, "fail"],
    [
      "one that cannot be evaluated",
      [...all.slice(1).map(loaded()), loaded({ health: "err", lastError: "parse" })(all[0] ?? "")],
      true,
      "fail",
    ],
    [
      "one that was never evaluated",
      [...all.slice(1).map(loaded()), loaded({ lastEvaluationAt: undefined })(all[0] ?? "")],
      true,
      "unknown",
    ],
    [
      "one that was evaluated an hour ago",
      [...all.slice(1).map(loaded()), loaded({ lastEvaluationAt: "2026-01-02T11:00:00Z" })(all[0] ?? "")],
      true,
      "fail",
    ],
    ["none, while the alert that always fires does", [], true, "ok"],
    ["none, and it does not fire", [], false, "unknown"],
  ])("loaded: %s", async (_, rules, firing, verdict) => {
    expect(await check("ac5.loaded", {}, { rules, firing })).toMatchObject({ verdict });
  });

  it("are not evaluated when the alert that always fires does not", async () => {
    expect(await check("ac5.evaluated", {}, { firing: false })).toMatchObject({ verdict: "fail" });
  });

  it.each([
    ["a minute ago", ["2026-01-02T11:59:00Z"], "ok"],
    ["an hour ago", ["2026-01-02T11:00:00Z"], "fail"],
    [
      "a minute ago from one cluster and an hour ago from the other",
      ["2026-01-02T11:59:00Z", "2026-01-02T11:00:00Z"],
      "fail",
    ],
    ["never", [], "fail"],
  ])("reach the bot: %s", async (_, beats, verdict) => {
    expect(await check("ac5.heartbeat", {}, { beats })).toMatchObject({ verdict });
  });
});

describe("what verify takes for the platform's", () => {
  it.each(["infra", "apps"] as const)("are the Kustomizations of %s that are shipped", (cluster) => {
    const shipped = platformObjects(cluster)
      .flatMap(({ objects }) => objects)
      .filter(({ kind, apiVersion }) => kind === "Kustomization" && apiVersion.startsWith("kustomize.toolkit"))
      .map(({ metadata }) => metadata.name);
    expect(configSchema.parse({}).verify.kustomizations[cluster]?.toSorted()).toEqual(shipped.toSorted());
  });
});

describe("a line of an access list", () => {
  it("is read without anything of its passwords", () => {
    const line = "user gitlab on #30c952fab122c3f >plain ~* &* -@all +get $all";
    expect(parseUserLine(line)).toEqual({
      name: "gitlab",
      enabled: true,
      rules: ["~*", "&*", "-@all", "+get", "$all"],
    });
    expect(parseUserLine("user default off nopass -@all")).toMatchObject({
      enabled: false,
      rules: ["nopass", "-@all"],
    });
    expect(parseUserLine("something else")).toBeUndefined();
  });

  it("that leaves the default user on is found, on every pod", async () => {
    const users = [{ name: "default", enabled: true, rules: ["~*", "+@all", "nopass"] }];
    expect(await check("hardening.acl.default-off", {}, { users })).toMatchObject({ verdict: "fail" });
    expect(await check("hardening.acl.rights", {}, { users })).toMatchObject({ verdict: "fail" });
  });
});
