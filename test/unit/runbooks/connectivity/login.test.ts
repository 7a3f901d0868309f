import { describe, expect, it } from "vitest";
import type { WantedProbe } from "../../../../src/platform/probes.ts";
import { prove } from "../../../../src/runbooks/connectivity/prove.ts";
import { aimOfTenant } from "../../../../src/runbooks/tenants/follow-aim.ts";
import { tenantSchema } from "../../../../src/tenants/change.ts";
import { fakePlatform } from "../../../fakes/platform.ts";
import { ask, type Codes, config, ended, loggedIn, says, through, where } from "./ground.ts";

describe("connectivity with credentials", () => {
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

  it("begins with the replica that the Service leads to, and offers to look who is primary", async () => {
    const asked = { namespace: "harbor", cluster: "infra", credentials: "secret/dragonfly-harbor" };
    const codes = { auth: "ok", role: "replica", "write-read": "readonly" };
    const report = await ask(asked, async () => ended(loggedIn(codes)));
    expect(report.summary).toMatch(/^harbor in infra is led to a replica, not to the primary \(role\.replica\)/);
    const step = { runbook: "role", params: { instance: "dragonfly-system/dragonfly" }, label: "Who is primary" };
    for (const id of ["role", "write-read"]) {
      expect(report.findings.find((one) => one.id.endsWith(`.${id}`))?.next).toEqual([step]);
    }
    const fine = await ask(asked, async () => ended(loggedIn({ auth: "ok", role: "primary", "write-read": "ok" })));
    expect(fine.findings.flatMap(({ next }) => next)).toEqual([]);
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
});
