import { describe, expect, it } from "vitest";
import { platformObjects } from "../../../sandbox/world/platform/platform.ts";
import type { Config } from "../../../src/config/file.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";
import type { ProbeOutcome, WantedProbe } from "../../../src/platform/probes.ts";
import { connectionStages } from "../../../src/probe/codes.ts";
import type { ProbeResult } from "../../../src/probe/result.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { fakePlatform, config as plain } from "../../fakes/platform.ts";

/** Which connections `verify` tries. What comes of real ones: test/integration/world/verify. */

const config = { ...plain, probes: { ...plain.probes, image: "registry.example.com/dfbot:1" } };

function printed(reached: ProbeResult["reached"]): ProbeOutcome {
  const code = (stage: string) => (stage === "tcp" && reached === "nothing" ? "tcp.timeout" : `${stage}.ok`);
  const result: ProbeResult = {
    version: 1,
    target: { host: "dragonfly", port: 6379, tls: false, credentials: false },
    startedAt: "2026-01-02T12:00:00.000Z",
    durationMs: 5,
    verdict: "ok",
    reached,
    dns: { stage: "dns", verdict: "ok", code: "dns.ok", detail: "", durationMs: 1 },
    addresses: [
      {
        address: "10.1.2.3",
        reached,
        stages: connectionStages.map((stage) => ({
          stage,
          verdict: code(stage) === "tcp.timeout" ? "fail" : "ok",
          code: code(stage),
          detail: "",
          durationMs: 1,
        })),
      },
    ],
    addressesLeftOut: 0,
  };
  return { kind: "ended", pod: "p", log: JSON.stringify(result) };
}
/** As they are shipped for infra. */
const policiesOf = (kind: "NetworkPolicy" | "CiliumNetworkPolicy") =>
  platformObjects("infra")
    .flatMap(({ objects }) => objects)
    .filter((object) => object.kind === kind && object.metadata.namespace === "dragonfly-system")
    .flatMap((object) => parsePolicy("infra", kind, object));
const infra = {
  networkPolicies: policiesOf("NetworkPolicy"),
  ciliumNetworkPolicies: policiesOf("CiliumNetworkPolicy"),
};
const missing: ProbeOutcome = { kind: "refused", why: "namespace-missing", said: "not found" };

interface Asked {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly config?: Config;
  readonly absent?: readonly string[];
}

/** Approved namespaces get through, all others are dropped. */
async function verify({ params = {}, config: given = config, absent = [] }: Asked = {}) {
  const probed: string[] = [];
  const probe = async ({ cluster, namespace, args }: WantedProbe) => {
    probed.push(`${cluster}/${namespace} ${args[args.indexOf("--host") + 1]}`);
    if (absent.includes(`${cluster}/${namespace}`)) return missing;
    return printed(plain.namespaces.allowed.includes(namespace) ? "server" : "nothing");
  };
  const now = () => new Date("2026-01-02T12:00:00Z");
  const runner = createRunner({
    runbooks: catalog,
    config: given,
    platform: fakePlatform({ probe, infra, apps: { networkPolicies: [] } }),
    scrub: (text) => text,
    now,
  });
  const { findings } = await runner.run({
    runbook: "verify",
    params,
    requester: { surface: "cli", id: "test" },
  });
  const found = (id: string) => findings.find((one) => one.id === id);
  return { probed: probed.toSorted(), found };
}
const host = "dragonfly.dragonfly-system.svc.cluster.local";

describe("the connections that verify tries", () => {
  it("are one of an approved namespace and one of a namespace on no list in each cluster, once each", async () => {
    const { probed, found } = await verify();
    expect(probed).toEqual(
      ["apps/default", "apps/gitlab-system", "infra/default", "infra/gitlab-system"].map((from) => `${from} ${host}`),
    );
    for (const id of ["ac3.apps.connects", "ac3.gitlab.connects", "ac4.enforced"])
      expect(found(id), id).toMatchObject({ verdict: "ok" });
    expect(found("ac4.enforced")?.title).toBe(
      "Enforcement by the network: approved namespaces get through, others are dropped",
    );
  });

  it("come from the next namespace of the list where a cluster does not have the first", async () => {
    const { probed, found } = await verify({ absent: ["apps/gitlab-system"] });
    expect(probed).toContain(`apps/harbor ${host}`);
    expect(found("ac3.apps.connects")).toMatchObject({
      verdict: "ok",
      title: "A connection from apps: harbor in apps is answered",
    });
    expect(found("ac3.gitlab.connects")?.title).toBe("GitLab's connection: gitlab-system in infra is answered");
  });

  it("leave it unknown, and say so, where a cluster has none of the namespaces", async () => {
    const { found } = await verify({ absent: ["apps/gitlab-system", "apps/harbor", "infra/gitlab-system"] });
    expect(found("ac3.apps.connects")).toMatchObject({
      verdict: "unknown",
      title: "A connection from apps: apps has none of the namespaces gitlab-system, harbor",
    });
    expect(found("ac3.gitlab.connects")).toMatchObject({ verdict: "unknown" });
    expect(found("ac4.enforced")).toMatchObject({ verdict: "unknown" });
  });

  it("go to the address that GitLab has, when that is another one", async () => {
    const gitlab = { namespace: "harbor", address: "dragonfly-global.dragonfly-system.svc.cluster.local:6379" };
    const { probed, found } = await verify({ config: { ...config, verify: { ...config.verify, gitlab } } });
    expect(probed.filter((one) => one.includes("harbor"))).toEqual(
      ["apps", "infra"].map((cluster) => `${cluster}/harbor dragonfly-global.dragonfly-system.svc.cluster.local`),
    );
    expect(found("ac3.gitlab.connects")).toMatchObject({ verdict: "ok" });
  });

  it("are none of GitLab's where there is no GitLab", async () => {
    const { found } = await verify({ config: { ...config, verify: { ...config.verify, gitlab: null } } });
    expect(found("ac3.gitlab.connects")).toBeUndefined();
  });

  it("take a namespace of namespaces.denied for the one on no list", async () => {
    const denying = { ...config, namespaces: { ...config.namespaces, denied: ["observability"] } };
    const { probed } = await verify({ config: denying });
    expect(probed.filter((one) => !one.includes("gitlab"))).toEqual(
      ["apps", "infra"].map((cluster) => `${cluster}/observability ${host}`),
    );
  });

  it("of an instance that nobody listed namespaces for is that of a stranger alone", async () => {
    const own = { ...plain.shared, name: "own", clientDns: undefined, globalService: undefined };
    const { probed, found } = await verify({ params: { instance: "own" }, config: { ...config, instances: [own] } });
    expect(probed).toEqual(
      ["apps", "infra"].map((cluster) => `${cluster}/default own.dragonfly-system.svc.cluster.local`),
    );
    expect(found("ac4.enforced")).toMatchObject({ verdict: "ok" });
  });

  it("are none, and the checks unknown, when it is asked to only read or has no image", async () => {
    const reading = await verify({ params: { probes: false } });
    expect(reading.probed).toEqual([]);
    const imageless = await verify({ config: plain });
    for (const id of ["ac3.apps.connects", "ac3.gitlab.connects", "ac4.enforced"]) {
      expect(reading.found(id)?.title, id).toMatch(/not tried: this run makes no probes$/);
      expect(imageless.found(id), id).toMatchObject({ verdict: "unknown" });
      expect(imageless.found(id)?.title).toMatch(/was not tried: no probe could be made/);
      expect(imageless.found(id)?.detail).toMatch(/Set probes\.image/);
    }
  });
});
