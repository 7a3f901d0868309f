import { describe, expect, it } from "vitest";
import { applyPatch } from "../../../sandbox/gitops/patches.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";

const object = (kind: string, name: string, group = "apps"): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name, namespace: "one", labels: { keep: "yes", drop: "yes" } },
  spec: { replicas: 1, list: ["a"] },
});
const objects = [object("Deployment", "web"), object("Deployment", "web-two"), object("Job", "web", "batch")];
const patched = (patch: string, target?: Record<string, string>) =>
  applyPatch(objects, target === undefined ? { patch } : { patch, target }, "here");
const replicas = (all: readonly KubeObject[]) => all.map(({ spec }) => (spec as { replicas: number }).replicas);

describe("the target", () => {
  const patch = "- {op: replace, path: /spec/replicas, value: 5}";
  it.each([
    [{ kind: "Deployment" }, [5, 5, 1]],
    [{ name: "web" }, [5, 1, 5]],
    [{ name: "web.*", kind: "Deployment" }, [5, 5, 1]],
    [{ group: "batch", version: "v1" }, [1, 1, 5]],
    [{ namespace: "one" }, [5, 5, 5]],
  ])("%j hits the objects it describes", (target, expected) => {
    expect(replicas(patched(patch, target))).toEqual(expected);
  });

  it("must hit something", () => {
    expect(() => patched(patch, { kind: "Deploymnet" })).toThrow('here: matches no object: {"kind":"Deploymnet"}');
  });

  it("is in a strategic patch itself when left out", () => {
    const own = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: one}, spec: {replicas: 5}}";
    expect(replicas(patched(own))).toEqual([5, 1, 1]);
    expect(() => patched("{spec: {replicas: 5}}")).toThrow("no target");
  });
});

describe("a JSON 6902 patch", () => {
  it("adds, removes and tests", () => {
    const text =
      "- {op: test, path: /spec/replicas, value: 1}\n- {op: add, path: /spec/list/-, value: b}\n- {op: remove, path: /metadata/labels/drop}";
    expect(patched(text, { kind: "Job" })[2]).toMatchObject({ spec: { list: ["a", "b"] } });
    expect(patched(text, { kind: "Job" })[2]?.metadata.labels).toEqual({ keep: "yes" });
  });

  it.each([
    ["a place that is not there", "- {op: replace, path: /spec/x/y, value: 1}", "does not apply to Job.batch one/web"],
    ["a test that fails", "- {op: test, path: /spec/replicas, value: 2}", "does not apply to Job.batch one/web"],
    ["YAML that begins like JSON", "[{op: remove, path: /spec}]", "reads a patch that begins with [ as JSON"],
    ["an operation that does not exist", "- {op: set, path: /spec, value: 2}", "here: "],
  ])("refuses %s", (_, text, message) => {
    expect(() => patched(text, { kind: "Job" })).toThrow(message);
  });
});

describe("a strategic patch", () => {
  const merged = (text: string) => patched(text, { kind: "Job" })[2];

  it("merges maps, takes null away, and leaves the object's name alone", () => {
    const result = merged("{metadata: {name: other, labels: {drop: null, new: a}}, spec: {replicas: 9}}");
    expect(result?.metadata).toEqual({ name: "web", namespace: "one", labels: { keep: "yes", new: "a" } });
    expect(result?.["spec"]).toEqual({ replicas: 9, list: ["a"] });
  });

  it("deletes the object", () => {
    expect(patched("$patch: delete", { kind: "Job" }).map(({ kind }) => kind)).toEqual(["Deployment", "Deployment"]);
  });

  it.each([
    ["a list", "spec: {list: [b]}", "here: spec.list: a list in a strategic patch is not modelled"],
    ["replace", "$patch: replace", "$patch: replace is not modelled"],
    ["a directive further in", "spec: {$patch: delete}", "spec.$patch: this directive is not modelled"],
    ["two patches in one text", "spec: {replicas: 1}\n---\nspec: {replicas: 2}", "one patch expected, 2 found"],
    ["a text", "just words", "neither a list of operations nor an object"],
  ])("refuses %s", (_, text, message) => {
    expect(() => merged(text)).toThrow(message);
  });
});
