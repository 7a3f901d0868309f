import { describe, expect, it } from "vitest";
import { healthWait } from "../../../../src/runbooks/tenants/flux-progress.ts";
import { conclusionOf, config, trial, verdictOf, type World } from "./world.ts";

const waiting = (list: string) => `health check failed after 5m0s: timeout waiting for: [${list}]`;
const slow = "Dragonfly/dragonfly-slow/dragonfly-slow status: 'InProgress'";
const ours = "Dragonfly/dragonfly-payments/dragonfly-payments status: 'InProgress'";

describe("a Flux Kustomization that is not ready", () => {
  it.each([
    [waiting(slow), "others"],
    [waiting(`${slow}, ${ours}`), "own"],
    [waiting(ours), "own"],
    [waiting("Namespace/dragonfly-slow status: 'Terminating'"), "own"],
    [waiting(""), "own"],
    [`health check failed after 2s: failed early due to stalled resources: [${slow}]`, "others"],
    ["Running health checks for revision main@sha1:1 with a timeout of 5m0s", "checking"],
    ["kustomize build failed: no such file", undefined],
    ["Dragonfly/dragonfly-slow/dragonfly-slow dry-run failed: invalid", undefined],
  ])("waits, by its message %s, for: %s", (message, whose) => {
    expect(healthWait(message, ["dragonfly-payments"])).toBe(whose);
  });

  it("waits for its own when nothing is said of whose it is", () => {
    expect(healthWait(waiting(slow), null)).toBe("own");
  });
});

const params = {
  ...{ name: "payments", namespace: "payments-prod", owner: "team", purpose: "jobs", memory: "2Gi", isolation: "own" },
};
const flux = `flux.${config.tenants.kustomization}`;

async function proposed(
  says: (main: string, old: string) => Parameters<World["cluster"]["flux"]["set"]>[1],
  more = {},
) {
  const { world, kit } = trial("tenant-propose", { decide: () => ({ state: "approved", by: ["U0GRACE"] }) });
  const { flux: said } = world.cluster;
  const { get } = said;
  const main = () => world.git.branches.get("main") ?? "";
  const old = `main@sha1:${main()}`;
  said.get = (name) => (name === config.tenants.kustomization ? says(main(), old) : get.call(said, name));
  return (await kit.run({ ...params, ...more })).record;
}

describe("a tenant beside a slow one", () => {
  it("is served although the Kustomization of all of them is not ready", async () => {
    const record = await proposed((main, old) => ({
      ...{ ready: false, message: waiting(slow), appliedRevision: old },
      attemptedRevision: `main@sha1:${main}`,
    }));
    expect(verdictOf(record, flux)).toBe("warn");
    expect(conclusionOf(record).summary).toMatch(/and serves$/);
  });

  it("is not when it is the slow one, or Flux has not come to its commit", async () => {
    const own = await proposed((main, old) => ({
      ...{ ready: false, message: waiting(ours), appliedRevision: old, attemptedRevision: `main@sha1:${main}` },
    }));
    expect(verdictOf(own, flux)).toBe("fail");
    const behind = await proposed((_, old) => ({
      ...{ ready: false, message: waiting(slow), appliedRevision: old, attemptedRevision: old },
    }));
    expect(verdictOf(behind, flux)).toBe("fail");
  });
});

describe("names in the other cluster", () => {
  it("are followed there too, where a tenant has some", async () => {
    const apps = `flux.${config.tenants.appsKustomization}`;
    expect(verdictOf(await proposed(() => ({}), { clusters: ["infra", "apps"] }), apps)).toBe("ok");
    expect(verdictOf(await proposed(() => ({})), apps)).toBeUndefined();
  });
});
