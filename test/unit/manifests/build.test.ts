import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fluxObjects } from "../../../sandbox/gitops/flux.ts";
import { identityOf, parseObjects } from "../../../sandbox/gitops/objects.ts";
import { buildFlux, fluxKustomizationIn } from "../../../src/manifests/flux-kustomization.ts";
import { buildFolder, foldersMissing } from "../../../src/manifests/kustomize/build.ts";
import { type Manifest, manifestsIn } from "../../../src/manifests/manifest.ts";
import { withVariables } from "../../../src/manifests/substitute.ts";
import { deploy } from "../deploy/tree.ts";
import { configMap, kustomization } from "../gitops/tree.ts";

const shipped = new Map(
  globSync("{bot,kubernetes}/**/*.{yaml,json}", { cwd: deploy }).map((file) => [
    file,
    readFileSync(join(deploy, file), "utf8"),
  ]),
);

/** Without fields that are undefined, which JSON does not have. */
const byIdentity = (objects: readonly Manifest[]) => {
  const text = objects.map((object) => JSON.stringify(object)).join("\n---\n");
  return Object.fromEntries(parseObjects(text, "the bot").map((object) => [identityOf(object), object]));
};

describe("what a Flux Kustomization applies", () => {
  const clusters = ["infra", "apps"].map((name) => `kubernetes/clusters/${name}`);
  const steps = clusters.flatMap((folder) =>
    fluxObjects(join(deploy, folder), { root: deploy }).map((step) => ({ ...step, folder })),
  );

  it.each(steps.map((step) => [`${step.folder} ${step.kustomization}`, step]))(
    "is built as by the sandbox: %s",
    (_, step) => {
      const own = buildFolder(shipped, step.folder);
      const flux = fluxKustomizationIn(own, step.kustomization);
      const ours = step.kustomization === "flux-system" ? own : flux && buildFlux(flux, shipped, own);
      expect(byIdentity(ours ?? [])).toEqual(Object.fromEntries(step.objects.map((one) => [identityOf(one), one])));
    },
  );

  const folder = clusters[0] ?? "";
  const own = (from: string | RegExp, to: string) => {
    const path = `${folder}/dragonfly.yaml`;
    return buildFolder(new Map(shipped).set(path, (shipped.get(path) ?? "").replace(from, to)), folder);
  };
  it.each([
    ["patches", "  prune: false", "  prune: false\n  patches: []", "uses spec.patches"],
    [
      "a namespace for everything",
      "  prune: false",
      "  prune: false\n  targetNamespace: x",
      "uses spec.targetNamespace",
    ],
    ["another cluster", "  prune: false", "  prune: false\n  kubeConfig: {}", "uses spec.kubeConfig"],
    ["encryption", "  prune: false", "  prune: false\n  decryption: {}", "uses spec.decryption"],
    ["values of its own", "  postBuild:", "  postBuild:\n    substitute: {A: b}", "uses spec.postBuild.substitute"],
    ["values from a Secret", "kind: ConfigMap", "kind: Secret", "that the bot cannot build"],
    ["values that Git does not have", "name: dragonfly-settings", "name: others", "which Git does not have"],
    ["another kind of source", "kind: GitRepository", "kind: OCIRepository", "that the bot cannot build"],
  ])("is not built with %s", (_, from, to, words) => {
    const build = () => {
      const objects = own(from, to);
      const flux = fluxKustomizationIn(objects, "infra-databases-dragonfly");
      return flux && buildFlux(flux, shipped, objects);
    };
    expect(build).toThrow(words);
  });

  it("is nothing when Git does not have it", () => {
    expect(fluxKustomizationIn(own("x", "x"), "another")).toBeUndefined();
  });
});

describe("a folder", () => {
  const files = (...lines: readonly string[]) =>
    new Map([
      ["a/kustomization.yaml", `${kustomization("resources: [one.yaml]", ...lines)}\n`],
      ["a/one.yaml", `${configMap("one", "a: b")}\n`],
      ["a/text.txt", "text"],
    ]);

  it.each([
    ["namePrefix: x", "uses namePrefix"],
    ["namespace: x", "uses namespace"],
    ["components: [../b]", "uses components"],
    ["images: []", "uses images"],
    ["labels: []", "uses labels"],
    ["replicas: []", "uses replicas"],
    ["generatorOptions: {}", "uses generatorOptions"],
    ["secretGenerator: []", "uses secretGenerator"],
    ["configMapGenerator: [{name: x, literals: [a=b]}]", "uses configMapGenerator.0.literals"],
    ["configMapGenerator: [{name: x, behavior: merge, files: [text.txt]}]", "uses configMapGenerator.0.behavior"],
    ["configMapGenerator: [{name: x, files: [key=text.txt]}]", "that the bot cannot build: a file under another key"],
    ["configMapGenerator: [{name: x, files: [none.txt]}]", "needs none.txt, which is not there or is no text"],
    ["patches: [{path: p.yaml}]", "uses patches.0.path"],
    ["patches: [{target: {kind: ConfigMap, name: o.*}, patch: '$patch: delete'}]", "a name that is a pattern"],
    ["patches: [{target: {kind: ConfigMap, name: one}, patch: '[]'}]", "a patch that does more than delete"],
    ["patches: [{target: {kind: ConfigMap, name: one}, patch: 'data: {a: c}'}]", "a patch that does more than delete"],
  ])("is not built with %s", (line, words) => {
    expect(() => buildFolder(files(line), "a")).toThrow(words);
  });

  it.each([
    ["a url", "resources: [https://example.com/x]", "a resource that is no path"],
    ["itself", "resources: [../a]", "leads back to itself"],
    ["what is not there", "resources: [two.yaml]", "is not there"],
    ["the same twice", "resources: [one.yaml, one.yaml]", "has ConfigMap one/one twice"],
  ])("is not built from %s", (_, line, words) => {
    const changed = new Map(files()).set("a/kustomization.yaml", kustomization(line));
    expect(() => buildFolder(changed, "a")).toThrow(words);
  });

  it.each([
    ["no YAML", "a: [", "is not YAML"],
    ["no object", "a: b\n", "holds something that is no object"],
    ["a word that readers differ on", `${configMap("two", "a: on")}\n`, "has `on` without quotes"],
    ["a number with underscores", `${configMap("two", "a: 1_000")}\n`, "has `1_000` without quotes"],
    ["a text that ends without a line break", configMap("two", "a: |", "  x"), "ends within a text of several lines"],
    [
      "a list of objects",
      "{apiVersion: v1, kind: ConfigMapList, metadata: {name: x}, items: []}\n",
      "a list of objects",
    ],
  ])("is not built from %s", (_, text, words) => {
    expect(() => buildFolder(new Map(files()).set("a/one.yaml", text), "a")).toThrow(words);
  });

  it("leaves out what a patch deletes, and reads octal numbers as such", () => {
    const patch = "patches: [{target: {kind: ConfigMap, name: one}, patch: '$patch: delete'}]";
    expect(buildFolder(files(patch), "a")).toEqual([]);
    const pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {mode: 0440}}\n";
    expect(buildFolder(new Map(files()).set("a/one.yaml", pod), "a")[0]).toMatchObject({ spec: { mode: 288 } });
  });

  it("says which other folders it needs", () => {
    const all = new Map([
      ["a/b/kustomization.yaml", kustomization("resources: [../c, ./d/, x.yaml]")],
      ["a/c/kustomization.yaml", kustomization("resources: [../../e]")],
    ]);
    expect(foldersMissing(all, "a/b")).toEqual(["e", "a/b/d"]);
    expect(foldersMissing(shipped, "bot/overlays/infra")).toEqual([]);
  });
});

describe("variables", () => {
  const put = (value: string, variables: Record<string, string>) => {
    const [object] = manifestsIn("f", `${configMap("m")}\n`);
    if (object === undefined) throw new Error("no object");
    return withVariables({ ...object, data: { v: value } }, variables, "f")["data"];
  };
  const dollar = "$";

  it.each<[string, Record<string, string>, unknown]>([
    [`${dollar}{A}`, { A: "4" }, 4],
    [`${dollar}{A}`, { A: "true" }, true],
    [`${dollar}{A}`, { A: "4Gi" }, "4Gi"],
    [`--n=${dollar}{A}`, { A: "4" }, "--n=4"],
    [`${dollar}{A:=x}`, {}, "x"],
    [`${dollar}{A:-x}`, { A: "" }, "x"],
    [`${dollar}${dollar}{A}`, {}, `${dollar}{A}`],
    [`a\n${dollar}{A}\n`, { A: "b" }, "a\nb\n"],
    ["no variable: 1", {}, "no variable: 1"],
  ])("are put in: %s with %o", (text, variables, expected) => {
    expect(put(text, variables)).toEqual({ v: expected });
  });

  it.each<[string, Record<string, string>, string]>([
    [`${dollar}{A}`, {}, "uses the variable A, which has no value"],
    [`${dollar}{constructor}`, {}, "uses the variable constructor, which has no value"],
    [`${dollar}{A/x/y}`, { A: "x" }, "which the bot cannot build"],
    [`${dollar}{A`, { A: "x" }, "which the bot cannot build"],
    [`${dollar}{A}`, { A: "a: b" }, "changes what is around it"],
    [`${dollar}{A}`, { A: "x\ny" }, "whose value has several lines"],
    [`${dollar}{A}`, { A: "yes" }, "without quotes"],
  ])("are not guessed: %s with %o", (text, variables, words) => {
    expect(() => put(text, variables)).toThrow(words);
  });
});
