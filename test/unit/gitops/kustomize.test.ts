import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { component, configMap, kustomization, tree } from "./tree.ts";

const names = (folder: string) => buildKustomization(folder).map(({ metadata }) => metadata.name);

describe("resources", () => {
  it("reads every document of a file, and folders below and beside", () => {
    const root = tree({
      "top/kustomization.yaml": kustomization("resources: [two.yaml, ../base]"),
      "top/two.yaml": `${configMap("a")}\n---\n# nothing\n---\n${configMap("b")}`,
      "base/kustomization.yaml": kustomization("resources: [c.yaml]"),
      "base/c.yaml": configMap("c"),
    });
    expect(names(join(root, "top"))).toEqual(["a", "b", "c"]);
  });

  it("reads a leading zero as octal, as Kubernetes does with a file mode", () => {
    const root = tree({
      "kustomization.yaml": kustomization("resources: [a.yaml]"),
      "a.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: {defaultMode: 0440, text: '0440'}",
    });
    expect(buildKustomization(root)[0]?.["spec"]).toEqual({ defaultMode: 0o440, text: "0440" });
  });

  it.each(["on", "yes", "1_000", "2026-01-31"])("refuses %s without quotes", (value) => {
    const root = tree({
      "kustomization.yaml": kustomization("resources: [a.yaml]"),
      "a.yaml": configMap("a", `key: ${value}`),
    });
    expect(() => buildKustomization(root)).toThrow(`a.yaml: \`${value}\` means different things`);
  });
});

describe("what it refuses", () => {
  const a = configMap("a");
  it.each<[string, Record<string, string>, string]>([
    ["a field that is not modelled", { k: kustomization("namePrefix: x-") }, 'Unrecognized key: "namePrefix"'],
    ["a patch from a file", { k: kustomization("patches: [{path: p.yaml}]") }, 'Unrecognized key: "path"'],
    ["an option that is not modelled", { k: kustomization("configMapGenerator: [{name: g, envs: [e]}]") }, "envs"],
    ["a file that is not there", { k: kustomization("resources: [gone.yaml]") }, "gone.yaml: no such file"],
    ["a folder without kustomization.yaml", { k: kustomization("resources: [sub]"), "sub/a.yaml": a }, "no such file"],
    ["a file of another folder", { k: kustomization("resources: [../a.yaml]"), "a.yaml": a }, "outside of its folder"],
    [
      "a cycle",
      { k: kustomization("resources: [sub]"), "sub/kustomization.yaml": kustomization("resources: [..]") },
      "a cycle",
    ],
    [
      "one identity twice",
      { k: kustomization("resources: [a.yaml, b.yaml]"), "k/a.yaml": a, "k/b.yaml": a },
      "ConfigMap one/a is there twice",
    ],
    [
      "a Component as a resource",
      { k: kustomization("resources: [sub]"), "sub/kustomization.yaml": component() },
      "a Component where a Kustomization",
    ],
    [
      "a Kustomization as a component",
      { k: kustomization("components: [sub]"), "sub/kustomization.yaml": kustomization() },
      "a Kustomization where a Component",
    ],
    ["a Component by itself", { k: component() }, "no tree of its own"],
    ["another apiVersion", { k: "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization" }, "not the apiVersion"],
    ["two documents", { k: `${kustomization()}\n---\n${kustomization()}` }, "one document expected, 2 found"],
    [
      "a document that is no object",
      { k: kustomization("resources: [a.yaml]"), "k/a.yaml": "kind: X" },
      "not a Kubernetes object",
    ],
    [
      "a list of objects",
      { k: kustomization("resources: [a.yaml]"), "k/a.yaml": "apiVersion: v1\nkind: List\nmetadata: {name: l}" },
      "lists are not modelled",
    ],
    [
      "a file that ends within a block",
      { k: kustomization("resources: [a.yaml]"), "k/a.yaml": configMap("a", "x: |", "  y") },
      "ends within a text of several lines",
    ],
    [
      "a key twice",
      { k: kustomization("resources: [a.yaml]"), "k/a.yaml": configMap("a", "x: '1'", "x: '2'") },
      "keys must be unique",
    ],
  ])("%s", (_, { k = "", ...files }, message) => {
    const placed = Object.entries(files).map(([path, text]) => [path.startsWith("sub") ? `k/${path}` : path, text]);
    const root = tree({ "k/kustomization.yaml": k, ...Object.fromEntries(placed) });
    expect(() => buildKustomization(join(root, "k"))).toThrow(message);
  });

  it("a link out of the folder", () => {
    const root = tree({ "k/kustomization.yaml": kustomization("resources: [a.yaml]"), "a.yaml": configMap("a") });
    symlinkSync(join(root, "a.yaml"), join(root, "k/a.yaml"));
    expect(() => buildKustomization(join(root, "k"))).toThrow("outside of its folder");
  });
});

describe("components", () => {
  it("add to what is there, and patch it", () => {
    const root = tree({
      "top/kustomization.yaml": kustomization("resources: [a.yaml]", "components: [../extra]"),
      "top/a.yaml": configMap("a", "x: '1'"),
      "extra/kustomization.yaml": component(
        "resources: [b.yaml]",
        "patches:",
        "  - target: {name: a}",
        "    patch: |",
        "      - {op: replace, path: /data/x, value: '2'}",
        "",
      ),
      "extra/b.yaml": configMap("b"),
    });
    const [a, b] = buildKustomization(join(root, "top"));
    expect([a?.["data"], b?.metadata.name]).toEqual([{ x: "2" }, "b"]);
  });
});

describe("generated ConfigMaps", () => {
  const pod = [
    "apiVersion: v1",
    "kind: Pod",
    "metadata: {name: p, namespace: NAMESPACE}",
    "spec:",
    "  volumes: [{name: v, configMap: {name: g}}]",
    "  containers: [{name: c, envFrom: [{configMapRef: {name: g}}], env: [{name: e, valueFrom: {configMapKeyRef: {name: g, key: a}}}]}]",
  ].join("\n");
  const generated = (namespace: string, ...options: readonly string[]) =>
    buildKustomization(
      tree({
        "kustomization.yaml": kustomization(
          "resources: [pod.yaml]",
          "configMapGenerator:",
          "  - name: g",
          "    namespace: x",
          "    literals: ['a=<b>&\"c\"', n=1]",
          ...options,
        ),
        "pod.yaml": pod.replace("NAMESPACE", namespace),
        "file.txt": "text\n",
      }),
    );

  it("have the suffix that kubectl gives them, and pods refer to it", () => {
    const [one, two] = generated("x");
    expect(two?.metadata.name).toBe("g-5db84tckfg");
    expect(two?.["data"]).toEqual({ a: '<b>&"c"', n: "1" });
    expect(JSON.stringify(one).match(/"name":"g-5db84tckfg"/g)).toHaveLength(3);
    expect(JSON.stringify(one)).not.toContain('"name":"g"');
  });

  it("are another namespace's business", () => {
    expect(JSON.stringify(generated("two")[0])).not.toContain("g-5db84tckfg");
  });

  it("keep their name when told so, and take labels, annotations and files", () => {
    const made = generated(
      "x",
      "    files: [file.txt, other=file.txt]",
      "    options: {disableNameSuffixHash: true, labels: {l: '1'}, annotations: {note: '2'}}",
    )[1];
    expect(made?.metadata).toEqual({ name: "g", namespace: "x", labels: { l: "1" }, annotations: { note: "2" } });
    expect(made?.["data"]).toMatchObject({ "file.txt": "text\n", other: "text\n" });
  });

  it("change their name with their content", () => {
    expect(generated("x", "    files: [file.txt]")[1]?.metadata.name).not.toBe("g-5db84tckfg");
  });

  it.each([
    ["a file that is not there", "files: [gone]", "gone: no such file"],
    ["a literal without =", "literals: [x]", "not key=value"],
    ["a key twice", "literals: [x=1, x=2]", "the key x is there twice"],
    ["a key with a slash", "literals: [a/b=1]", "no key of a ConfigMap"],
    ["a number for a key", "literals: ['9=x']", "kustomize fails at a number for a key: 9"],
    ["nothing in it", "literals: []", "a ConfigMap of nothing"],
  ])("refuse %s", (_, line, message) => {
    const root = tree({ "kustomization.yaml": kustomization("configMapGenerator:", "  - name: g", `    ${line}`) });
    expect(() => buildKustomization(root)).toThrow(message);
  });
});
