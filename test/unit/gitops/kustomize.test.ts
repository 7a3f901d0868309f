import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fluxObjects } from "../../../sandbox/gitops/flux.ts";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { substitute } from "../../../sandbox/gitops/substitute.ts";

/** A Flux variable, which is not a template of this language. */
const flux = (inside: string) => `$\{${inside}}`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dfbot-gitops-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function tree(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
const header = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: "${name}", namespace: ns}\n`;
const build = (path = "top") => buildKustomization(join(root, path), root);
const names = (path?: string) => build(path).map(({ kind, metadata }) => `${kind}/${metadata.name}`);

describe("a kustomization", () => {
  it("takes files with several documents, folders and components", () => {
    tree({
      "top/kustomization.yaml": `${header}resources: [two.yaml, ../base]\ncomponents: [../extra]\n`,
      "top/two.yaml": `${service("a")}---\n${service("b")}`,
      "base/kustomization.yaml": `${header}resources: [c.yaml]\n`,
      "base/c.yaml": service("c"),
      "extra/kustomization.yaml":
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [d.yaml]\n",
      "extra/d.yaml": service("d"),
    });
    expect(names()).toEqual(["Service/a", "Service/b", "Service/c", "Service/d"]);
  });

  it("names a generated ConfigMap by its contents, and refers to it by that name", () => {
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{configMap: {name: settings}}]}\n";
    const write = (text: string) =>
      tree({
        "top/kustomization.yaml": `${header}resources: [pod.yaml]\nconfigMapGenerator: [{name: settings, files: [a.txt]}]\n`,
        "top/pod.yaml": pod,
        "top/a.txt": text,
      });
    write("one <&> two\n");
    const [first, map] = build();
    expect(first?.["spec"]).toEqual({ volumes: [{ configMap: { name: map?.metadata.name } }] });
    expect(map?.metadata.name).toMatch(/^settings-[a-z0-9]{10}$/);
    write("other\n");
    expect(build()[1]?.metadata.name).not.toBe(map?.metadata.name);
  });

  it("leaves out what a patch deletes", () => {
    const patch = `patches: [{target: {kind: Service, name: a}, patch: "{$patch: delete, apiVersion: v1, kind: Service, metadata: {name: a}}"}]\n`;
    tree({
      "top/kustomization.yaml": `${header}resources: [s.yaml]\n${patch}`,
      "top/s.yaml": `${service("a")}---\n${service("b")}`,
    });
    expect(names()).toEqual(["Service/b"]);
  });

  it.each([
    ["a field that is not modelled", "namePrefix: x-\n", /kustomization\.yaml: not modelled here.*namePrefix/s],
    ["a file that is not there", "resources: [nowhere.yaml]\n", /nowhere\.yaml does not exist/],
    ["an object twice", "resources: [s.yaml, s2.yaml]\n", /v1 Service ns\/a is there twice/],
    ["a folder that includes itself", "resources: [../top]\n", /includes itself/],
    ["a folder outside the tree", "resources: [../../..]\n", /is outside/],
    [
      "a patch that meets nothing",
      `patches: [{target: {kind: Service, name: z}, patch: "{$patch: delete, apiVersion: v1, kind: Service, metadata: {name: z}}"}]\n`,
      /Service z meets nothing/,
    ],
    [
      "a patch that changes fields",
      `resources: [s.yaml]\npatches: [{target: {kind: Service, name: a}, patch: "{spec: {type: NodePort}}"}]\n`,
      /this patch is not modelled/,
    ],
    ["something that is no object", "resources: [list.yaml]\n", /list\.yaml: not a Kubernetes object/],
  ])("refuses %s, and says where", (_, text, words) => {
    tree({
      "top/kustomization.yaml": header + text,
      "top/s.yaml": service("a"),
      "top/s2.yaml": service("a"),
      "top/list.yaml": "- 1\n",
    });
    expect(() => build()).toThrow(words);
  });
});

describe("substitution", () => {
  const object = (data: Record<string, string>, annotations = {}) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c", namespace: "ns", annotations },
    data,
  });

  it("puts in values and defaults, and keeps what is escaped or the shell's", () => {
    const before = object({
      a: flux("A"),
      b: flux("B:=two"),
      c: `$${flux("C")}`,
      d: `x "${flux("A")}"\n$answer $(date)\n`,
    });
    expect(substitute(before, { A: "one" })["data"]).toEqual({
      a: "one",
      b: "two",
      c: flux("C"),
      d: 'x "one"\n$answer $(date)\n',
    });
  });

  it("reads the text again, as Flux does: a bare number becomes one", () => {
    expect(substitute({ ...object({}), spec: { replicas: flux("N") } }, { N: "3" })["spec"]).toEqual({ replicas: 3 });
  });

  it("leaves alone what says so", () => {
    const before = object({ a: flux("A") }, { "kustomize.toolkit.fluxcd.io/substitute": "disabled" });
    expect(substitute(before, {})).toBe(before);
  });

  it("refuses a variable without a value, and names it", () => {
    expect(() => substitute(object({ a: flux("NOWHERE") }), {})).toThrow(
      "v1 ConfigMap ns/c: the variable NOWHERE has no value",
    );
  });
});

describe("a cluster's folder", () => {
  const kustomization = (name: string, dependsOn: readonly string[] = []) =>
    `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: flux-system}
spec:
  path: ./apps/${name}
  dependsOn: [${dependsOn.map((one) => `{name: ${one}}`).join(", ")}]
  postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}
`;
  const settings =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata: {NAME: shipped}\n";
  const cluster = (kustomizations: string) =>
    tree({
      "cluster/kustomization.yaml": `${header}resources: [all.yaml]\n`,
      "cluster/all.yaml": `${settings}---\n${kustomizations}`,
      "apps/one/kustomization.yaml": `${header}resources: [s.yaml]\n`,
      "apps/one/s.yaml": service(`one-${flux("NAME")}`),
      "apps/two/kustomization.yaml": `${header}resources: [s.yaml]\n`,
      "apps/two/s.yaml": service(`two-${flux("NAME")}`),
    });
  const applied = (options: { settings?: Record<string, string> } = {}) =>
    fluxObjects(join(root, "cluster"), { root, ...options }).slice(1);

  it("is applied in the order of what depends on what, with its settings", () => {
    cluster(`${kustomization("one", ["two"])}---\n${kustomization("two")}`);
    expect(applied().map(({ kustomization, objects }) => [kustomization, objects[0]?.metadata.name])).toEqual([
      ["two", "two-shipped"],
      ["one", "one-shipped"],
    ]);
    expect(applied({ settings: { NAME: "mine" } })[0]?.objects[0]?.metadata.name).toBe("two-mine");
  });

  it.each([
    ["a circle", `${kustomization("one", ["two"])}---\n${kustomization("two", ["one"])}`, {}, /depends on itself/],
    ["a dependency that is not there", kustomization("one", ["three"]), {}, /one depends on three, which is not there/],
    ["a setting that nothing defines", kustomization("one"), { OTHER: "x" }, /no ConfigMap defines the setting OTHER/],
  ])("refuses %s", (_, text, given, words) => {
    cluster(text);
    expect(() => applied({ settings: given })).toThrow(words);
  });
});
