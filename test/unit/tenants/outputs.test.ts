import { applyPatch } from "diff";
import { describe, expect, it } from "vitest";
import { driftOf } from "../../../src/manifests/compare/compare.ts";
import { unifiedDiff } from "../../../src/tenants/diff.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { tenantsOf } from "../../../src/tenants/inventory.ts";
import { noticeOf } from "../../../src/tenants/notice.ts";
import { objectsOf } from "../../../src/tenants/objects.ts";
import { folderOf, foldersOf, touchesTenants } from "../../../src/tenants/places.ts";
import { settingsOf, substituted, unknownVariables } from "../../../src/tenants/settings.ts";
import { applied } from "../../../src/tenants/tree.ts";
import { config, own, project, shared } from "./project.ts";

const settings = settingsOf(project, config);
const tree = applied(project, draftChange({ kind: "propose", tenant: own() }, project, config).edits);

describe("a diff", () => {
  it("names the file, and shows what comes and goes with what is around it", () => {
    expect(unifiedDiff([{ path: "a.yaml", before: "a: 1\nb: 2\n", after: "a: 1\nb: 3\n" }])).toBe(
      "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n",
    );
  });

  it("tells a new file and one that goes", () => {
    expect(unifiedDiff([{ path: "a", before: null, after: "x\n" }])).toMatch(/^--- \/dev\/null\n\+\+\+ b\/a\n/);
    expect(unifiedDiff([{ path: "a", before: "x\n", after: null }])).toMatch(/^--- a\/a\n\+\+\+ \/dev\/null\n/);
  });

  it("shows what nobody sees", () => {
    const diff = unifiedDiff([{ path: "a\u202eb", before: "x\r\n", after: "x\u001b[2J\u200b\n" }]);
    expect(diff).toContain("-x\\u{d}\n");
    expect(diff).toContain("+x\\u{1b}[2J\\u{200b}\n");
    for (const sign of ["\u001b", "\u202e", "\u200b", "\r"]) expect(diff).not.toContain(sign);
  });

  it("of a file that comes or goes is one that git takes", () => {
    const text = "a\n\nb";
    expect(applyPatch("", unifiedDiff([{ path: "a", before: null, after: text }]))).toBe(text);
    expect(applyPatch(text, unifiedDiff([{ path: "a", before: text, after: null }]))).toBe("");
  });

  it("of a huge file ends, and says that it was cut", () => {
    const lines = (word: string, many: number) =>
      Array.from({ length: many }, (_, index) => `${word} ${index}\n`).join("");
    const long = unifiedDiff([{ path: "a", before: null, after: lines("a longer line", 4_900) }]);
    expect(long.length).toBeLessThan(41_000);
    expect(long).toMatch(/\(cut: \d+ more lines\)\n$/);
    expect(unifiedDiff([{ path: "a", before: lines("x", 3_000), after: lines("y", 3_000) }])).toContain(
      "too many places",
    );
  });
});

describe("what a tenant is told", () => {
  it("with an own instance: where, with what, how much, and never a secret", () => {
    const told = noticeOf(own(), {
      ...config,
      tenants: { ...config.tenants, dashboard: "https://grafana.example.com/d/df?var-app={instance}" },
    });
    expect(told).toContain("dragonfly-payments.dragonfly-payments.svc.cluster.local:6379");
    expect(told).toContain("Secret `dragonfly-payments/dragonfly-payments`, key `password`");
    expect(told).toContain("Quota: 8449Mi of memory, 18Gi of volumes");
    expect(told).toContain("https://grafana.example.com/d/df?var-app=dragonfly-payments");
  });

  it("on the shared instance: the user and the keys that are its own", () => {
    const told = noticeOf(shared(), config, settings);
    expect(told).toContain("dragonfly.dragonfly-system.svc.cluster.local:6379");
    expect(told).toContain(
      "User: `payments`. Password: in the secret store `platform/dragonfly/users`, property `payments`.",
    );
    expect(told).toContain("{payments}:jobs:42");
  });
});

describe("the objects of a tenant", () => {
  const objects = objectsOf(tree, folderOf("payments", config), settings);
  const dragonfly = objects.find(({ kind }) => kind === "Dragonfly");

  it("have the settings put in", () => {
    expect(JSON.stringify(dragonfly)).toContain('"storageClassName":"fast-ssd"');
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== "ConfigMap"))).not.toContain("${");
  });

  it("do not drift from a live object that the cluster has completed", () => {
    const live = structuredClone({ ...dragonfly, status: { phase: "Ready" } });
    Object.assign(live.metadata ?? {}, { uid: "u", resourceVersion: "5", generation: 2 });
    expect(driftOf(dragonfly, live)).toEqual([]);
  });
});

describe("settings", () => {
  it("are put in as Flux does", () => {
    const text = "\u0024{A}-\u0024{GONE:=b}-\u0024{EMPTY:-c}-\u0024\u0024{A}-\u0024{UNKNOWN}";
    expect(substituted(text, { A: "a", EMPTY: "" })).toBe("a-b-c-\u0024{A}-\u0024{UNKNOWN}");
    expect(unknownVariables(text.replace("\u0024\u0024", ""), { A: "a" })).toEqual(["UNKNOWN"]);
    expect(unknownVariables("\u0024{constructor} \u0024{A", { A: "a" })).toEqual(["constructor"]);
  });
});

describe("the inventory", () => {
  const path = `${folderOf("payments", config)}/tenant.yaml`;
  const problems = (from: string | RegExp, to: string) =>
    tenantsOf(new Map(tree).set(path, (tree.get(path) ?? "").replace(from, to)), config).flatMap(
      (known) => known.problems,
    );

  it.each<[string, string | RegExp, string, string]>([
    ["no YAML", "data:", "data: [", "tenant.yaml is not as the bot expects it"],
    ["another kind", "kind: ConfigMap", "kind: Secret", "kind: "],
    ["a size that is none", "memory: 2Gi", "memory: much", "memory: a number of Mi or Gi"],
    ["a field that nobody knows", "\ndata:\n", "\ndata:\n  colour: red\n", "colour"],
    ["somebody else's name", "name: payments\n", "name: shop\n", "dfbot.platform/tenant should be shop"],
    ["a number that is none", 'replicas: "3"', "replicas: three", "replicas: "],
    [
      "aliases that multiply",
      /data:[\s\S]*/,
      `data:\n  a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
        .split("")
        .map((key, index) => `  ${key}: &${key} [${`*${"abcdefgh"[index]},`.repeat(9)}]`)
        .join("\n")}\n`,
      "",
    ],
  ])("reports %s", (_, from, to, words) => {
    expect(problems(from, to).join("\n")).toContain(words);
    expect(problems(from, to).length).toBeGreaterThan(0);
  });

  it("reports a folder that nothing applies", () => {
    const parent = `${config.tenants.directory}/kustomization.yaml`;
    const unlisted = new Map(tree).set(parent, project.get(parent) ?? "");
    expect(tenantsOf(unlisted, config)[0]?.problems.join()).toContain("does not list payments");
  });
});

describe("places", () => {
  it("are all of those that drafting reads, and no more than the changes of tenants touch", () => {
    for (const change of [
      { kind: "propose" as const, tenant: own() },
      { kind: "propose" as const, tenant: shared() },
    ]) {
      const seen = new Map(
        [...project].filter(([path]) => foldersOf(config).some((folder) => path.startsWith(`${folder}/`))),
      );
      const { edits } = draftChange(change, seen, config);
      expect(edits).toEqual(draftChange(change, project, config).edits);
      for (const { path } of edits) expect(touchesTenants(path, config), path).toBe(true);
    }
    expect(touchesTenants("bot/base/statefulset.yaml", config)).toBe(false);
    expect(touchesTenants(`${config.tenants.sharedDirectory}/prometheusrule.yaml`, config)).toBe(false);
    expect(touchesTenants(`${config.tenants.directory}-x/a.yaml`, config)).toBe(false);
  });
});
