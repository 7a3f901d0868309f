import { describe, expect, it } from "vitest";
import { BotError } from "../../../../src/errors.ts";
import type { ProbeOutcome, WantedProbe } from "../../../../src/platform/probes.ts";
import type { ProbeResult } from "../../../../src/probe/result.ts";
import { meta, config as plain, policy } from "../../../fakes/platform.ts";
import { ask, config, dropped, ended, image, result, says, through, where } from "./ground.ts";

describe("connectivity", () => {
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
    [
      "a pod that cannot be scheduled",
      { kind: "stuck", why: "late", pod: "p", said: "0/3 nodes are available" },
      /0\/3 nodes/,
    ],
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

  it("says in a line what one namespace does, where, and by which rule", async () => {
    const closed = [policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0)];
    const one = async (namespace: string, found: ProbeResult, networkPolicies: typeof closed, more: object = {}) => {
      const world = { infra: { networkPolicies }, apps: { networkPolicies } };
      return (await ask({ namespace, ...more }, async () => ended(found), world)).summary;
    };
    expect(await one("harbor", through, [])).toBe(
      "harbor in infra and apps gets through, as it should: no policy isolates the pod for ingress; no policy isolates the pod for egress. Not tried without credentials: auth, role, write-read",
    );
    expect(await one("shop", dropped, closed, { cluster: "infra" })).toMatch(
      /^shop in infra is blocked, as it should be: NetworkPolicy dragonfly-system\/dragonfly.* the pod for ingress and no rule admits anything$/,
    );
    expect(await one("harbor", dropped, [])).toMatch(
      /^harbor in infra is blocked although .* \(and 3 more findings\)$/,
    );
  });

  it("fails for a namespace on no list that gets in as any would, unless a label lets it in or it is the platform's own", async () => {
    const verdict = async (namespace: string, labels: Readonly<Record<string, string>>) => {
      const infra = { networkPolicies: [], namespace: meta(namespace, { labels }) };
      const report = await ask({ namespace, cluster: "infra" }, async () => ended(through), { infra });
      return `${report.verdict}: ${report.findings[0]?.title}`;
    };
    expect(await verdict("shop", {})).toBe("fail: shop in infra gets through, as any namespace does");
    expect(await verdict("shop", { "access.platform/dragonfly": "true" })).toMatch(/^ok: /);
    expect(await verdict("flux-system", {})).toMatch(/^ok: /);
  });

  it("proposes access where the instance's policy keeps a namespace out", async () => {
    const closed = { networkPolicies: [policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0)] };
    const report = await ask({ namespace: "shop", cluster: "infra" }, async () => ended(dropped), { infra: closed });
    expect(report.verdict).toBe("ok");
    expect(report.findings[0]?.next).toEqual([
      { runbook: "access-allow", params: { namespace: "shop" }, label: "Propose access for shop" },
    ]);
  });
});
