import { describe, expect, it } from "vitest";
import type { TenantChange } from "../../../src/tenants/change.ts";
import type { Draft, Tree } from "../../../src/tenants/draft.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { folderOf, sharedFilesOf } from "../../../src/tenants/places.ts";
import { applied } from "../../../src/tenants/tree.ts";
import { config, own, project, shared } from "./project.ts";

const draft = (change: TenantChange, tree: Tree = project) => draftChange(change, tree, config);
const changed = (change: TenantChange, tree: Tree = project) => applied(tree, draft(change, tree).edits);
const check = ({ checks }: Draft, id: string) => checks.find((one) => one.id === id);
const failing = ({ checks }: Draft) => checks.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
const image = "docker.dragonflydb.io/dragonflydb/dragonfly";
const withOwn = changed({ kind: "propose", tenant: own() });
const withShared = changed({ kind: "propose", tenant: shared() });
const { botConfig, resource, acl } = sharedFilesOf(config);

describe("resize", () => {
  it("says by which commands the volumes grow, because the merge does not make them", () => {
    const found = check(draft({ kind: "resize", name: "payments", memory: "4Gi" }, withOwn), "size.volume-by-hand");
    expect(found?.verdict).toBe("warn");
    expect(found?.detail).toContain("patch pvc df-dragonfly-payments-$i");
    expect(found?.detail).toContain('"storage":"12Gi"');
  });

  it("to less is a high risk, and leaves the volumes as large as they are", () => {
    const smaller = draft({ kind: "resize", name: "payments", memory: "1Gi", replicas: 2 }, withOwn);
    expect(smaller.risk).toBe("high");
    expect(check(smaller, "size.shrink")?.verdict).toBe("warn");
    expect(check(smaller, "size.pods")?.verdict).toBe("warn");
    expect(failing(smaller)).toEqual([]);
    expect(applied(withOwn, smaller.edits).get(`${folderOf("payments", config)}/dragonfly.yaml`)).toContain(
      "storage: 6Gi",
    );
  });

  it("beyond the quota of all tenants is refused, with the sum", () => {
    const limited = { ...config, tenants: { ...config.tenants, quota: { memory: "10Gi" } } };
    const larger = draftChange({ kind: "resize", name: "payments", memory: "4Gi" }, withOwn, limited);
    expect(check(larger, "quota.memory")).toMatchObject({
      verdict: "fail",
      title: expect.stringContaining("16.0 GiB of 10.0 GiB"),
    });
    expect(larger.sums.find(({ limit }) => limit !== "")).toMatchObject({
      now: "8.0 GiB",
      after: "16.0 GiB",
      limit: "10.0 GiB",
    });
    const smaller = draftChange(
      { kind: "resize", name: "payments", memory: "3Gi" },
      changed({ kind: "resize", name: "payments", memory: "8Gi" }, withOwn),
      limited,
    );
    expect(check(smaller, "quota.memory")?.verdict).toBe("ok");
  });

  it("to what it is already changes nothing, and says so", () => {
    const same = draft({ kind: "resize", name: "payments", memory: "2Gi" }, withOwn);
    expect([same.edits, failing(same)]).toEqual([[], ["change.something"]]);
  });

  it("of a tenant on the shared instance is a promise, up to a quarter of it, and never pods", () => {
    const fine = draft({ kind: "resize", name: "payments", memory: "700Mi" }, withShared);
    expect(fine.edits.map(({ path }) => path)).toEqual([`${folderOf("payments", config)}/tenant.yaml`]);
    expect(failing(fine)).toEqual([]);
    expect(failing(draft({ kind: "resize", name: "payments", memory: "2Gi" }, withShared))).toEqual([
      "isolation.recommended",
    ]);
    expect(failing(draft({ kind: "resize", name: "payments", memory: "700Mi", replicas: 4 }, withShared))).toEqual([
      "size.replicas",
    ]);
  });

  it("of nobody is an error that names who is there", () => {
    expect(() => draft({ kind: "resize", name: "shop" }, withOwn)).toThrow(
      expect.objectContaining({ code: "tenant.unknown", next: expect.stringContaining("payments") }),
    );
  });
});

describe("offboard", () => {
  it("asks for consumers and a last snapshot first, and keeps the volumes", () => {
    const leaving = draft({ kind: "offboard", name: "payments" }, withOwn);
    expect(leaving.risk).toBe("high");
    expect(check(leaving, "offboard.consumers")?.verdict).toBe("warn");
    expect(check(leaving, "offboard.snapshot")?.verdict).toBe("warn");
    expect(leaving.effects.join("\n")).toContain("volumes stay");
  });

  it("keeps a namespace that another tenant of the shared instance is in, until that one has gone too", () => {
    const both = changed({ kind: "propose", tenant: shared({ name: "refunds" }) }, withShared);
    const one = draft({ kind: "offboard", name: "payments" }, both);
    expect(check(one, "access.namespace")).toMatchObject({
      verdict: "warn",
      detail: expect.stringContaining("refunds"),
    });
    const left = applied(both, one.edits);
    expect(left.get(botConfig)).toContain("- payments-prod");
    expect([...changed({ kind: "offboard", name: "refunds" }, left)].toSorted()).toEqual([...project].toSorted());
  });
});

describe("access", () => {
  it("is given and taken in both policies and the bot's configuration, without a trace", () => {
    const given = draft({ kind: "allow", namespace: "shop" });
    expect(failing(given)).toEqual([]);
    expect(given.edits.map(({ path }) => path.split("/").at(-1))).toEqual([
      "dfbot.yaml",
      "ciliumnetworkpolicy.yaml",
      "networkpolicy.yaml",
    ]);
    const taken = draft({ kind: "revoke", namespace: "shop" }, applied(project, given.edits));
    expect(failing(taken)).toEqual([]);
    expect([...applied(applied(project, given.edits), taken.edits)].toSorted()).toEqual([...project].toSorted());
  });

  it.each([
    ["that is let in already", "harbor", ["change.something"]],
    ["of the platform", "flux-system", ["access.platform"]],
    ["of Kubernetes", "kube-system", ["access.platform"]],
  ])("is not given to a namespace %s", (_, namespace, checks) => {
    expect(failing(draft({ kind: "allow", namespace }))).toEqual(checks);
  });

  it("is not given to a namespace that must not get through", () => {
    const strict = { ...config, namespaces: { ...config.namespaces, denied: ["shop"] } };
    expect(failing(draftChange({ kind: "allow", namespace: "shop" }, project, strict))).toEqual(["access.denied"]);
  });

  it("is not taken from a tenant, nor from who has none", () => {
    expect(failing(draft({ kind: "revoke", namespace: "payments-prod" }, withShared))).toContain("access.needed");
    expect(failing(draft({ kind: "revoke", namespace: "shop" }))).toEqual(["access.listed", "change.something"]);
  });
});

describe("upgrade", () => {
  it("of the shared instance changes its resource and what the bot expects, and nothing else", () => {
    const step = draft({ kind: "upgrade", instance: "dragonfly", image: `${image}:v1.41.0` });
    expect(step.edits.map(({ path }) => path)).toEqual([botConfig, resource]);
    for (const edit of step.edits)
      expect(edit.after).toBe(edit.before?.replace("dragonfly:v1.40.1", "dragonfly:v1.41.0"));
    expect(failing(step)).toEqual([]);
    expect(step.risk).toBe("high");
  });

  it("of a tenant's own changes its resource only", () => {
    const step = draft(
      { kind: "upgrade", instance: "dragonfly-payments", image: `${image}:v1.41.0@sha256:${"a".repeat(64)}` },
      withOwn,
    );
    expect(step.edits.map(({ path }) => path)).toEqual([`${folderOf("payments", config)}/dragonfly.yaml`]);
    expect(failing(step)).toEqual([]);
  });

  it.each([
    ["an image without a tag", image, "upgrade.pinned", "fail"],
    ["the newest, whatever it is", `${image}:latest`, "upgrade.pinned", "fail"],
    ["another repository", "ghcr.io/dragonflydb/dragonfly:v1.41.0", "upgrade.repository", "fail"],
    ["a server that the operator's flag ends", `${image}:v1.19.2`, "upgrade.version", "fail"],
    ["a digest alone", `${image}@sha256:${"a".repeat(64)}`, "upgrade.version", "unknown"],
    ["no image at all", "not an image", "upgrade.image", "fail"],
    ["a step back", `${image}:v1.40.0`, "upgrade.downgrade", "warn"],
  ])("to %s: %s", (_, to, id, verdict) => {
    expect(check(draft({ kind: "upgrade", instance: "dragonfly", image: to }), id)?.verdict).toBe(verdict);
  });

  it("back over v1.40 and v1.38 says what is lost", () => {
    const back = check(
      draft({ kind: "upgrade", instance: "dragonfly", image: `${image}:v1.37.2` }),
      "upgrade.downgrade",
    );
    expect(back?.detail).toContain("serialization_tagged_chunks");
    expect(back?.detail).toContain("/healthz");
  });

  it("forward over v1.40 says that the way back closes, and which metrics are renamed", () => {
    const old = new Map(project).set(
      resource,
      (project.get(resource) ?? "").replace("dragonfly:v1.40.1", "dragonfly:v1.27.0"),
    );
    const step = draft({ kind: "upgrade", instance: "dragonfly", image: `${image}:v1.40.1` }, old);
    expect(check(step, "upgrade.tagged-chunks")?.verdict).toBe("warn");
    expect(check(step, "upgrade.metrics")?.detail).toContain("v1.28: ");
    expect(check(step, "upgrade.metrics")?.detail).not.toContain("v1.22: ");
  });

  it("of an instance that is not there is an error that names those that are", () => {
    expect(() => draft({ kind: "upgrade", instance: "redis", image }, withOwn)).toThrow(
      expect.objectContaining({ code: "tenant.unknown", next: expect.stringContaining("dragonfly-payments") }),
    );
  });
});

describe("a tree of another shape", () => {
  it.each<[string, string, string, TenantChange]>([
    [
      "no parent list",
      `${config.tenants.directory}/kustomization.yaml`,
      "kind: Kustomization\n",
      { kind: "propose", tenant: own() },
    ],
    ["an access list without users", acl, "kind: ExternalSecret\n", { kind: "propose", tenant: shared() }],
    [
      "a policy without the list",
      `${config.tenants.sharedDirectory}/networkpolicy.yaml`,
      "kind: X\n",
      { kind: "allow", namespace: "shop" },
    ],
    ["settings without values", config.tenants.settings, "kind: ConfigMap\n", { kind: "propose", tenant: own() }],
    ["no Flux Kustomization", "kubernetes/clusters/infra/dragonfly.yaml", "", { kind: "propose", tenant: own() }],
  ])("with %s is an error that names the file or its folder", (_, path, text, change) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    expect(() => draft(change, new Map(project).set(path, text))).toThrow(
      expect.objectContaining({ code: "tenant.tree", message: expect.stringContaining(folder) }),
    );
  });
});
