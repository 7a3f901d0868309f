import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { Policy } from "../../../src/network-policy/model.ts";
import type { Pod } from "../../../src/platform/kubernetes.ts";
import type { Platform } from "../../../src/platform/ports.ts";
import type { ProbeOutcome, WantedProbe } from "../../../src/platform/probes.ts";
import { connectionStages } from "../../../src/probe/codes.ts";
import type { ProbeResult } from "../../../src/probe/result.ts";
import type { Report } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import type { Actual } from "../../../src/runbooks/connectivity/actual.ts";
import { compare, type Wanted } from "../../../src/runbooks/connectivity/compare.ts";
import type { Expectation } from "../../../src/runbooks/connectivity/expectation.ts";
import { prove } from "../../../src/runbooks/connectivity/prove.ts";
import { verdictsOf } from "../../../src/runbooks/last-result.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { aimOfTenant } from "../../../src/runbooks/tenants/follow-aim.ts";
import { tenantSchema } from "../../../src/tenants/change.ts";
import { fakePlatform, meta, config as plain, pod, policy } from "../../fakes/platform.ts";

const image = "registry.example.com/dfbot:1";
const config = {
  ...plain,
  probes: { ...plain.probes, image, parallel: 3 },
  namespaces: { ...plain.namespaces, allowed: ["gitlab-system", "harbor"], denied: ["default"] },
};

type Codes = Readonly<Partial<Record<"dns" | (typeof connectionStages)[number], string>>>;

/** What a probe prints that came as far as these codes say; what is not named was skipped, or was good up to there. */
function result(reached: ProbeResult["reached"], codes: Codes = {}): ProbeResult {
  const outcome = <S extends string>(stage: S, otherwise: "ok" | "skipped") => {
    const code = codes[stage as keyof Codes];
    const failed = code !== undefined && code !== "noauth" && code !== "replica";
    const verdict = code === undefined ? otherwise : failed ? ("fail" as const) : ("ok" as const);
    return {
      stage,
      verdict,
      code: `${stage}.${code ?? (otherwise === "ok" ? "ok" : "not-asked")}`,
      detail: "",
      durationMs: 1,
    };
  };
  const good = reached === "server" ? ["tcp", "ping", "latency"] : reached === "port" ? ["tcp"] : [];
  const noAddress = codes.dns !== undefined;
  return {
    version: 1,
    target: { host: "dragonfly", port: 6379, tls: false, credentials: false },
    startedAt: "2026-01-02T12:00:00.000Z",
    durationMs: 5,
    verdict: "ok",
    reached,
    dns: outcome("dns", "ok"),
    addresses: noAddress
      ? []
      : [
          {
            address: "10.1.2.3",
            reached,
            stages: connectionStages.map((stage) => outcome(stage, good.includes(stage) ? "ok" : "skipped")),
            ...(reached === "server" ? { latency: { pings: 3, p50Ms: 1.5, p90Ms: 2, p99Ms: 2, maxMs: 2 } } : {}),
          },
        ],
    addressesLeftOut: 0,
  };
}
const through = result("server", { ping: "noauth" });
/** With somebody logged in; a stage that is not named was good. */
function loggedIn(codes: Codes): ProbeResult {
  const found = result("server", codes);
  return {
    ...found,
    target: { ...found.target, credentials: true },
    addresses: found.addresses.map((one) => ({
      ...one,
      stages: one.stages.map((stage) => {
        const code = codes[stage.stage];
        if (code === undefined || !["ok", "primary"].includes(code)) return stage;
        return { ...stage, verdict: "ok" as const, code: `${stage.stage}.${code}` };
      }),
    })),
  };
}
const dropped = result("nothing", { tcp: "timeout" });
const ended = (what: ProbeResult): ProbeOutcome => ({ kind: "ended", pod: "p", log: `${JSON.stringify(what)}\n` });

describe("expected against actual", () => {
  const expectation = (decision: Expectation["decision"]): Expectation => ({
    decision,
    because: "NetworkPolicy db/primary ingress[0] decides",
    keptOutByInstance: decision === "denied",
    evidence: [],
  });
  const actual = {
    through: { kind: "reached", by: "server", result: through },
    port: { kind: "reached", by: "port", result: result("port", { ping: "timeout" }) },
    dropped: { kind: "dropped", result: dropped },
    refused: { kind: "not-reached", code: "tcp.refused", detail: "", result: result("nothing", { tcp: "refused" }) },
    nameless: { kind: "not-reached", code: "dns.timeout", detail: "", result: result("nothing", { dns: "timeout" }) },
    untried: { kind: "not-tried", why: "quota", detail: "full" },
  } as const satisfies Record<string, Actual>;

  it.each<[Wanted, Expectation["decision"], keyof typeof actual, string, RegExp]>([
    [undefined, "allowed", "through", "ok", /gets through, as it should/],
    [undefined, "denied", "dropped", "ok", /is blocked, as it should be/],
    [undefined, "allowed", "dropped", "fail", /blocked although the policies allow/],
    [undefined, "denied", "through", "fail", /gets through although the policies deny/],
    [undefined, "unknown", "through", "unknown", /whether it should cannot be said/],
    [undefined, "unknown", "dropped", "unknown", /whether it should be cannot be said/],
    ["allowed", "denied", "dropped", "fail", /should get through/],
    ["allowed", "allowed", "dropped", "fail", /blocked although the policies allow/],
    ["allowed", "unknown", "dropped", "fail", /should get through/],
    ["allowed", "unknown", "through", "ok", /gets through, as it should/],
    ["allowed", "denied", "through", "fail", /although the policies deny/],
    ["denied", "allowed", "through", "fail", /should be blocked/],
    ["denied", "unknown", "through", "fail", /should be blocked/],
    ["denied", "denied", "through", "fail", /although the policies deny/],
    ["denied", "denied", "dropped", "ok", /blocked, as it should be/],
    ["denied", "unknown", "dropped", "ok", /blocked, as it should be/],
    ["denied", "allowed", "dropped", "fail", /blocked although the policies allow/],
    [undefined, "allowed", "port", "fail", /no server answers/],
    [undefined, "denied", "port", "fail", /gets through although/],
    [undefined, "allowed", "refused", "fail", /tcp\.refused/],
    [undefined, "denied", "refused", "unknown", /does not get as far as the policies/],
    [undefined, "unknown", "refused", "unknown", /does not get as far/],
    [undefined, "denied", "nameless", "ok", /cannot even ask for the name/],
    ["denied", "allowed", "nameless", "unknown", /does not get as far/],
    ["allowed", "denied", "nameless", "fail", /dns\.timeout/],
    [undefined, "allowed", "untried", "unknown", /was not tried: quota/],
    ["denied", "denied", "untried", "unknown", /was not tried: quota/],
  ])("wanted %s, by the policies %s, and in truth %s: %s", (wanted, decision, found, verdict, title) => {
    const comparison = compare(wanted, expectation(decision), actual[found]);
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.title).toMatch(title);
    if (found !== "port") expect(comparison.detail).toContain("NetworkPolicy db/primary ingress[0] decides");
  });

  it("offers access only where the instance's own policies are in the way of somebody who is blocked", () => {
    const offers = (wanted: Wanted, decision: Expectation["decision"], found: keyof typeof actual) =>
      compare(wanted, expectation(decision), actual[found]).offerAccess;
    expect(offers(undefined, "denied", "dropped")).toBe(true);
    expect(offers("allowed", "denied", "dropped")).toBe(true);
    expect(offers("denied", "denied", "dropped")).toBe(false);
    expect(offers(undefined, "denied", "through")).toBe(false);
    expect(compare(undefined, { ...expectation("denied"), keptOutByInstance: false }, actual.dropped).offerAccess).toBe(
      false,
    );
  });
});

describe("connectivity", () => {
  const ask = (
    params: Readonly<Record<string, unknown>>,
    probe: Platform["probes"]["run"],
    world: Parameters<typeof fakePlatform>[0] = {},
    settings = config,
    at = "2026-01-02T12:00:00Z",
  ): Promise<Report> =>
    createRunner({
      runbooks: catalog,
      config: settings,
      platform: fakePlatform({ infra: { networkPolicies: [] }, ...world, probe }),
      scrub: (text) => text,
      now: () => new Date(at),
    }).run({ runbook: "connectivity", params, requester: { surface: "cli", id: "test" } });
  const says = (report: Report) => report.findings.map(({ id, verdict }) => `${verdict} ${id}`);
  const where = (prefix: string) => (one: string) => one.replace("*", prefix);

  it("has a finding for each stage that was tried, and names those that were not", async () => {
    const report = await ask({ namespace: "harbor", cluster: "infra" }, async () => ended(through));
    expect(says(report)).toEqual(
      ["ok *", "ok *.dns", "ok *.tcp", "ok *.ping", "ok *.latency"].map(where("connectivity.infra.harbor")),
    );
    expect(report.findings[0]?.detail).toContain("Not tried: auth, role, write-read.");
    expect(report.tables[0]?.rows).toEqual([
      ["harbor", "ok", "gets through", "allowed", "allowed", "infra", "1.5", "2"],
    ]);
  });

  it.each<[string, ProbeResult, readonly string[]]>([
    ["the name is unknown", result("nothing", { dns: "nxdomain" }), ["fail *", "fail *.dns"]],
    ["nothing listens", result("nothing", { tcp: "refused" }), ["fail *", "ok *.dns", "fail *.tcp"]],
    ["the server hangs", result("port", { ping: "timeout" }), ["fail *", "ok *.dns", "ok *.tcp", "fail *.ping"]],
    [
      "the server is loading",
      result("server", { ping: "loading" }),
      ["ok *", "ok *.dns", "ok *.tcp", "fail *.ping", "ok *.latency"],
    ],
    [
      "the address is a replica's",
      result("server", { role: "replica" }),
      ["ok *", "ok *.dns", "ok *.tcp", "ok *.ping", "fail *.role", "ok *.latency"],
    ],
    [
      "it is slow",
      result("server", { latency: "slow" }),
      ["ok *", "ok *.dns", "ok *.tcp", "ok *.ping", "warn *.latency"],
    ],
  ])("says so at its stage when %s", async (_, found, expected) => {
    const report = await ask({ namespace: "harbor", cluster: "infra" }, async () => ended(found));
    expect(says(report)).toEqual(expected.map(where("connectivity.infra.harbor")));
  });

  it("logs in by reference, and has a finding for each stage that this makes possible", async () => {
    const asked: WantedProbe[] = [];
    const report = await ask(
      { namespace: "harbor", cluster: "infra", credentials: "secret/dragonfly-harbor", user: "harbor" },
      async (wanted) => {
        asked.push(wanted);
        return ended(loggedIn({ auth: "ok", role: "primary", "write-read": "ok" }));
      },
    );
    expect(asked[0]?.credentials).toEqual({ secret: "dragonfly-harbor", user: "harbor" });
    expect(asked[0]?.args.at(-1)).toBe("--own-prefix");
    expect(report.verdict).toBe("ok");
    expect(report.findings.map(({ id }) => id.split(".").at(-1))).toEqual(
      expect.arrayContaining(["auth", "role", "write-read"]),
    );
    expect(report.findings[0]?.detail).not.toMatch(/Not tried/);
  });

  it.each<[string, Codes, readonly string[]]>([
    ["the password is wrong", { auth: "wrongpass", ping: "noauth" }, ["fail *.auth"]],
    [
      "the address is a replica's",
      { auth: "ok", role: "replica", "write-read": "readonly" },
      ["fail *.role", "fail *.write-read"],
    ],
    ["the user may not write there", { auth: "ok", "write-read": "noperm" }, ["fail *.write-read"]],
    [
      "the server is loading",
      { auth: "ok", ping: "loading", "write-read": "loading" },
      ["fail *.ping", "fail *.write-read"],
    ],
  ])("says so at its stage when somebody logs in and %s", async (_, codes, expected) => {
    const report = await ask(
      { namespace: "harbor", cluster: "infra", credentials: "secret/dragonfly-harbor" },
      async () => ended(loggedIn(codes)),
    );
    const bad = says(report).filter((one) => !one.startsWith("ok"));
    expect(bad).toEqual(expected.map(where("connectivity.infra.harbor")));
  });

  it("says in plain words that the Secret is not there, which is neither good nor blocked", async () => {
    const report = await ask(
      { namespace: "harbor", cluster: "infra", credentials: "secret/dragonfly-harbor" },
      async () => ended(through),
    );
    expect(says(report).filter((one) => !one.startsWith("ok"))).toEqual(["unknown connectivity.infra.harbor.auth"]);
    expect(report.findings.at(-1)?.detail).toContain(
      "Namespace harbor has no Secret dragonfly-harbor with a key password",
    );
  });

  it("takes it for no trouble after a merge that a tenant has not made its Secret, and says so", async () => {
    const asked: WantedProbe[] = [];
    const platform = fakePlatform({
      infra: { networkPolicies: [] },
      probe: async (wanted) => {
        asked.push(wanted);
        return ended(through);
      },
    });
    const tenant = tenantSchema.parse({
      name: "payments",
      namespace: "payments-prod",
      owner: "x",
      purpose: "x",
      isolation: "shared",
      memory: "64Mi",
    });
    const { access } = aimOfTenant({ config }, tenant, new Map());
    const context = { config, platform, signal: new AbortController().signal, now: () => new Date() };
    const [proof] = await prove(
      context,
      access.map((one) => ({ ...one, wanted: "allowed" as const })),
    );
    expect(asked[0]?.credentials).toEqual({ secret: "dragonfly-payments", user: "payments" });
    expect(proof?.findings.map(({ verdict }) => verdict)).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    expect(proof?.findings[0]?.detail).toContain("has no Secret dragonfly-payments");
  });

  it.each([
    [{ namespace: "harbor", credentials: "secret/harbor-core" }, /secret\/dragonfly/],
    [{ namespace: "harbor", user: "harbor" }, /without credentials/],
    [{ namespace: "harbor", from: "web-0" }, /must be pod\//],
    [{ matrix: true, from: "pod/web-0" }, /of one namespace/],
  ])("refuses %j", async (params, problem) => {
    await expect(ask(params, async () => ended(through))).rejects.toThrow(problem);
  });

  it("asks for a right of its own before it puts anything into somebody's pod", async () => {
    const asked: string[] = [];
    const runner = createRunner({
      runbooks: catalog,
      config,
      platform: fakePlatform({ infra: { networkPolicies: [] }, probe: async () => ended(through) }),
      scrub: (text) => text,
      now: () => new Date(),
      permit: async ({ runbook }) => {
        asked.push(runbook);
        if (runbook === "connectivity-from") throw new BotError("permission.denied", "not you", "Ask");
      },
    });
    const requester = { surface: "slack", id: "U1" } as const;
    const run = (params: object) => runner.run({ runbook: "connectivity", params: { ...params }, requester });
    await expect(run({ namespace: "shop", from: "pod/web-0" })).rejects.toThrow(/not you/);
    await expect(run({ namespace: "shop" })).resolves.toMatchObject({ runbook: "connectivity" });
    expect(asked).toEqual(["connectivity", "connectivity-from", "connectivity"]);
  });

  it("judges a pod by its own labels, and tries it in that pod", async () => {
    const asked: WantedProbe[] = [];
    const labels = { app: "web" };
    const closed: Policy = {
      ...policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0),
      ingress: {
        isolates: true,
        deny: [],
        allow: [
          {
            place: "ingress[0]",
            ports: undefined,
            peers: [{ kind: "pods", place: "from[0]", namespaces: {}, pods: { matchLabels: labels } }],
          },
        ],
      },
    };
    const of = (pod: Pod) => ({ infra: { networkPolicies: [closed], pod } });
    const from = async (labelled: Readonly<Record<string, string>>, found: ProbeResult) =>
      (
        await ask(
          { namespace: "shop", cluster: "infra", from: "pod/web-0" },
          async (wanted) => {
            asked.push(wanted);
            return ended(found);
          },
          of({ ...pod(0), meta: meta("web-0", { namespace: "shop", labels: labelled }) }),
        )
      ).findings[0];
    expect(await from(labels, through)).toMatchObject({
      id: "connectivity.infra.shop.pod.web-0",
      verdict: "ok",
      title: "pod web-0 of shop in infra gets through, as it should",
    });
    expect(await from({ app: "other" }, dropped)).toMatchObject({ verdict: "ok" });
    expect(await from({ app: "other" }, through)).toMatchObject({ verdict: "fail" });
    expect(asked[0]).toMatchObject({ pod: "web-0", namespace: "shop" });
  });

  it("does not call a pod well placed whose labels it may not read", async () => {
    const infra = { networkPolicies: [], pod: new BotError("kubernetes.forbidden", "no right to pods", "Grant it") };
    const report = await ask({ namespace: "shop", cluster: "infra", from: "pod/web-0" }, async () => ended(through), {
      infra,
    });
    expect(report.findings[0]).toMatchObject({
      verdict: "unknown",
      detail: expect.stringContaining("no right to pods"),
    });
  });

  it.each<[ProbeOutcome, string, RegExp]>([
    [
      { kind: "refused", why: "pod-missing", said: "not found" },
      "unknown connectivity.shop",
      /no pod web-0 in namespace shop/,
    ],
    [
      { kind: "refused", why: "pod-not-running", said: "pod web-0 is Pending" },
      "unknown connectivity.infra.shop.pod.web-0",
      /Pending/,
    ],
    [
      { kind: "refused", why: "no-ephemeral-containers", said: "no such resource" },
      "unknown connectivity.infra.shop.pod.web-0",
      /no such resource/,
    ],
    [
      { kind: "stuck", pod: "web-0", said: "ImagePullBackOff" },
      "unknown connectivity.infra.shop.pod.web-0",
      /ImagePullBackOff/,
    ],
  ])("says %j, and never that it is blocked", async (outcome, id, words) => {
    const report = await ask({ namespace: "shop", cluster: "infra", from: "pod/web-0" }, async () => outcome);
    expect(says(report)).toEqual([id]);
    expect(`${report.findings[0]?.title} ${report.findings[0]?.detail}`).toMatch(words);
  });

  it("asks in each cluster, by the name that clients use, with the configured image", async () => {
    const asked: WantedProbe[] = [];
    await ask({ namespace: "harbor" }, async (wanted) => {
      asked.push(wanted);
      return ended(through);
    });
    expect(asked.map(({ cluster, namespace }) => `${cluster}/${namespace}`)).toEqual(["infra/harbor", "apps/harbor"]);
    expect(asked[0]).toMatchObject({ image, run: asked[1]?.run });
    expect(asked[0]?.args.join(" ")).toBe(
      "--host dragonfly.dragonfly-system.svc.cluster.local --port 6379 --stage-ms 4000",
    );
  });

  it("leaves out a cluster that has no such namespace", async () => {
    const report = await ask({ namespace: "harbor" }, async ({ cluster }) =>
      cluster === "apps" ? { kind: "refused", why: "namespace-missing", said: "" } : ended(through),
    );
    expect(report.findings.every(({ id }) => id.startsWith("connectivity.infra.harbor"))).toBe(true);
    expect(report.verdict).toBe("ok");
  });

  it.each<[string, ProbeOutcome | BotError, RegExp]>([
    ["a full quota", { kind: "refused", why: "quota", said: "exceeded quota: full" }, /exceeded quota: full/],
    ["a pod that cannot be scheduled", { kind: "stuck", pod: "p", said: "0/3 nodes are available" }, /0\/3 nodes/],
    ["a log that is none", { kind: "ended", pod: "p", log: "exec format error" }, /exec format error/],
    ["an API server that is away", new BotError("kubernetes.unreachable", "it is away", "Look"), /it is away/],
  ])("is unknown with %s, never blocked", async (_, outcome, words) => {
    const report = await ask({ namespace: "default", cluster: "infra" }, async () => {
      if (outcome instanceof BotError) throw outcome;
      return outcome;
    });
    expect(says(report)).toEqual(["unknown connectivity.infra.default"]);
    expect(report.findings[0]?.detail).toMatch(words);
  });

  it("tries nothing without an image, and says what to set", async () => {
    const report = await ask({ namespace: "harbor", cluster: "infra" }, async () => ended(through), {}, {
      ...config,
      probes: plain.probes,
    } as typeof config);
    expect(says(report)).toEqual(["unknown connectivity.infra.harbor"]);
    expect(report.findings[0]?.detail).toMatch(/probes\.image/);
  });

  it("stays unknown about a denial when the policies cannot be read and nobody has decided", async () => {
    const unread = new BotError("kubernetes.forbidden", "no right", "Grant it");
    const shop = (probe: ProbeResult) =>
      ask({ namespace: "shop", cluster: "infra" }, async () => ended(probe), { infra: { networkPolicies: unread } });
    for (const probe of [through, dropped]) {
      const [whole] = (await shop(probe)).findings;
      expect(whole?.verdict).toBe("unknown");
      expect(whole?.detail).toMatch(/could not be read: no right/);
    }
  });

  it("stays unknown when only the policies of the whole cluster cannot be read", async () => {
    const unread = new BotError("kubernetes.forbidden", "no right to those of the cluster", "Grant it");
    const infra = { networkPolicies: [], ciliumClusterwidePolicies: unread };
    const report = await ask({ namespace: "shop", cluster: "infra" }, async () => ended(through), { infra });
    expect(report.findings[0]).toMatchObject({ verdict: "unknown" });
    expect(report.findings[0]?.detail).toMatch(/could not be read: no right to those of the cluster/);
  });

  it("proposes access where the instance's policy keeps a namespace out", async () => {
    const closed = { networkPolicies: [policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0)] };
    const report = await ask({ namespace: "shop", cluster: "infra" }, async () => ended(dropped), { infra: closed });
    expect(report.verdict).toBe("ok");
    expect(report.findings[0]?.next).toEqual([
      { runbook: "access-allow", params: { namespace: "shop" }, label: "Propose access for shop" },
    ]);
  });

  describe("the matrix' sample of others", () => {
    const names = [
      "default",
      "gitlab-system",
      "harbor",
      "kube-system",
      "shop",
      "web",
      "mail",
      "dragonfly-system",
      "flux-system",
    ];
    const namespaces = [
      ...names.map((name) => meta(name)),
      meta("let-in", { labels: { "access.platform/dragonfly": "true" } }),
      meta("going", { deletedAt: "2026-01-02T12:00:00Z" }),
    ];
    const shut = [policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0)];
    const matrix = (
      probe: Platform["probes"]["run"],
      sample = 2,
      at = "2026-01-02T12:00:00Z",
      networkPolicies: readonly Policy[] = shut,
    ) => {
      const settings = { ...config, probes: { ...config.probes, sample } };
      return ask({ matrix: true, cluster: "infra" }, probe, { infra: { networkPolicies, namespaces } }, settings, at);
    };
    const listed = ["gitlab-system", "harbor", "default"];
    const othersOf = (report: Report) =>
      (report.tables[0]?.rows ?? []).map(([name]) => String(name)).filter((name) => !listed.includes(name));

    it("is of namespaces that are on no list, let in by no label, and not the platform's own", async () => {
      expect(othersOf(await matrix(async () => ended(dropped), 50)).toSorted()).toEqual(["mail", "shop", "web"]);
    });

    it("is as large as configured, the same for a day and another on the next ones", async () => {
      const on = async (at: string) => othersOf(await matrix(async () => ended(dropped), 2, at)).join();
      const days = ["02", "03", "04", "05", "06", "07"];
      const samples = await Promise.all(days.map((day) => on(`2026-01-${day}T23:00:00Z`)));
      expect(await on("2026-01-02T01:00:00Z")).toBe(samples[0]);
      expect(new Set(samples).size).toBeGreaterThan(1);
      expect(samples.every((one) => one.split(",").length === 2)).toBe(true);
      expect(othersOf(await matrix(async () => ended(dropped), 0))).toEqual([]);
    });

    it("must be blocked, or the rule that lets it in is named", async () => {
      const report = await matrix(async () => ended(through), 1, undefined, []);
      const [name] = othersOf(report);
      const way = report.findings.find(({ id }) => id === `connectivity.infra.others.${name}`);
      expect(way).toMatchObject({ verdict: "fail", title: `${name} in infra gets through, and should be blocked` });
      expect(way?.detail).toContain("no policy isolates the pod");
    });

    it("is compared with another day's as a whole: its members change, what they stand for does not", async () => {
      const kept = async (at: string, probe: ProbeResult) => {
        const report = await matrix(async () => ended(probe), 1, at);
        return { others: othersOf(report).join(), verdicts: verdictsOf(report.findings) };
      };
      const days = await Promise.all(["02", "03", "04", "05"].map((day) => kept(`2026-01-${day}T12:00:00Z`, dropped)));
      expect(new Set(days.map(({ others }) => others)).size).toBeGreaterThan(1);
      const ids = days.map(({ verdicts }) => Object.keys(verdicts).toSorted().join());
      expect(new Set(ids).size).toBe(1);
      expect(days[0]?.verdicts).toMatchObject({ "connectivity.infra.others": "ok" });
      const open = await kept("2026-01-06T12:00:00Z", through);
      expect(open.verdicts).toMatchObject({ "connectivity.infra.others": "fail" });
    });

    it("is unknown where the namespaces cannot be listed", async () => {
      const unread = new BotError("kubernetes.forbidden", "no right to list", "Grant it");
      const report = await ask({ matrix: true, cluster: "infra" }, async () => ended(through), {
        infra: { networkPolicies: [], namespaces: unread },
      });
      expect(says(report)).toContain("unknown connectivity.infra.others");
    });
  });

  it("tries all of the configuration, never more pods at once than it says", async () => {
    let [now, most] = [0, 0];
    const report = await ask({ matrix: true }, async ({ namespace }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return ended(namespace === "default" ? dropped : through);
    });
    expect(report.tables[0]?.rows.map(([name, , does]) => `${name} ${does}`)).toEqual([
      ...["gitlab-system", "gitlab-system", "harbor", "harbor"].map((name) => `${name} gets through`),
      ...["default", "default"].map((name) => `${name} blocked`),
    ]);
    expect(most).toBe(3);
  });
});
