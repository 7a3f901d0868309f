import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ICustomResourceDefinition } from "kubernetes-models/apiextensions.k8s.io/v1";
import { describe, expect, it } from "vitest";
import { readKustomizationFile } from "../../../sandbox/gitops/kustomization-file.ts";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { identityOf, parseObjects } from "../../../sandbox/gitops/objects.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";
import { freePartsOf, problemsOf } from "./schemas.ts";
import { builtFolder, clusters, deploy, examples, ofKind } from "./tree.ts";

const folders = globSync("**/kustomization.yaml", { cwd: deploy })
  .map((file) => dirname(file))
  .filter((folder) => readKustomizationFile(join(deploy, folder)).kind === "Kustomization")
  .toSorted();
const everyObject = [
  ...new Map(
    clusters.flatMap(({ objects }) => objects).map((object) => [`${object.apiVersion} ${identityOf(object)}`, object]),
  ).values(),
];

describe("every object of", () => {
  it.each(clusters)("$name is valid", ({ objects }) => {
    expect(objects.flatMap(problemsOf)).toEqual([]);
  });

  it.each(examples.map((example) => [example.name, example] as const))("%s is valid", (_, { objects }) => {
    expect(objects.length).toBeGreaterThan(0);
    expect(objects.flatMap(problemsOf)).toEqual([]);
  });

  it.each(folders)("%s, built by itself, is valid", (folder) => {
    expect(builtFolder(folder).flatMap(problemsOf)).toEqual([]);
  });
});

it("leaves no object of any folder outside of the clusters", () => {
  const known = new Set(clusters.flatMap(({ objects }) => objects.map(identityOf)));
  const stray = folders.flatMap((folder) => buildKustomization(join(deploy, folder)).map(identityOf));
  expect(stray.filter((identity) => !known.has(identity))).toEqual([]);
});

it("knows every kind that the sandbox's clusters serve by definition, in the same version", () => {
  const file = join(deploy, "../sandbox/cluster/infra/03-custom-resource-definitions.yaml");
  const served = ofKind<ICustomResourceDefinition>(
    parseObjects(readFileSync(file, "utf8"), file),
    "CustomResourceDefinition",
  ).flatMap(({ spec: { group, names, versions } }) =>
    versions.map(({ name }) => [`${group}/${name}`, names.kind] as const),
  );
  expect(served.length).toBeGreaterThan(0);
  const unknown = served.filter(([apiVersion, kind]) =>
    problemsOf({ apiVersion, kind, metadata: { name: "x" } }).some((problem) => problem.includes("no schema")),
  );
  expect(unknown).toEqual([]);
});

describe("the proof bites on", () => {
  const one = (kind: string, name: string): KubeObject => {
    const found = everyObject.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return structuredClone(found);
  };

  it.each([
    ["Dragonfly", "dragonfly", ["spec", "enableReplicationReadinesGate"], true],
    [
      "StatefulSet",
      "dfbot",
      ["spec", "template", "spec", "containers", "0", "securityContext", "readOnlyRootFileSystem"],
      true,
    ],
    ["NetworkPolicy", "default-deny", ["spec", "policytypes"], []],
    ["CiliumNetworkPolicy", "dragonfly", ["spec", "ingress", "0", "toPort"], []],
    ["HelmRelease", "dragonfly-operator", ["spec", "upgrade", "remediation", "retry"], 3],
    ["ExternalSecret", "dragonfly-acl", ["spec", "target", "deletePolicy"], "Retain"],
    ["PodMonitor", "dragonfly", ["spec", "podMetricsEndpoints", "0", "scrapetimeout"], "10s"],
    ["ValidatingAdmissionPolicy", "dfbot-probe-pods", ["spec", "validations", "0", "messages"], "x"],
    ["Kustomization", "infra-dfbot", ["spec", "dependOn"], []],
    ["Service", "dragonfly-global", ["selector"], {}],
    ["Namespace", "dragonfly-system", ["metadata", "label"], {}],
  ])("%s %s: a field that is not there, %j", (kind, name, path, value) => {
    const object = one(kind, name);
    put(object, path, value);
    const leaf = path.at(-1) ?? "";
    const [problem, ...more] = problemsOf(object);
    expect(problem).toContain(`${name}: `);
    expect(problem).toContain(leaf);
    expect(problem).toMatch(/unknown field|Unrecognized key/);
    expect(more).toEqual([]);
  });

  it.each([
    ["Dragonfly", "dragonfly", ["spec", "replicas"], "3", "spec.replicas"],
    ["StatefulSet", "dfbot", ["spec", "replicas"], "2", "spec/replicas"],
    ["StatefulSet", "dfbot", ["spec", "template", "spec", "containers", "0", "env", "0", "value"], 42, "env/0/value"],
    ["CiliumNetworkPolicy", "dragonfly", ["spec", "ingress", "0", "toPorts", "0", "ports", "0", "port"], 6379, "port"],
    ["ConfigMap", "dragonfly-settings", ["data", "DRAGONFLY_THREADS"], 4, "data/DRAGONFLY_THREADS"],
    ["ServiceMonitor", "dfbot", ["spec", "endpoints", "0", "interval"], 30, "interval"],
    ["PriorityClass", "platform-databases", ["description"], 5, "description: wrong type"],
  ])("%s %s: a value of the wrong type at %j", (kind, name, path, value, at) => {
    const object = one(kind, name);
    put(object, path, value);
    expect(problemsOf(object).join("\n")).toContain(at);
  });

  it.each([
    ["Dragonfly", "dragonfly", ["spec", "image"]],
    ["StatefulSet", "dfbot", ["spec", "selector"]],
    ["ServiceMonitor", "dfbot", ["spec", "selector"]],
    ["Kustomization", "infra-dfbot", ["spec", "sourceRef"]],
    ["HelmRelease", "dragonfly-operator", ["spec", "interval"]],
    ["ClusterRoleBinding", "dfbot-reader", ["roleRef"]],
    ["RoleBinding", "dfbot-instance-reader", ["subjects", "0", "name"]],
  ])("%s %s: a required field left out, %j", (kind, name, path) => {
    const object = one(kind, name);
    put(object, path, undefined);
    expect(problemsOf(object).join("\n")).toContain(path.at(-1));
  });

  it.each([
    [{ kind: "StatefulSets" }, "no schema for StatefulSets of apps/v1"],
    [{ apiVersion: "apps/v1beta1" }, "no schema for StatefulSet of apps/v1beta1"],
    [{ apiVersion: "v1" }, "no schema for StatefulSet of v1"],
    [{ apiVersion: "v1", kind: "createTypeMetaGuard" }, "no schema for createTypeMetaGuard of v1"],
  ])("a kind or version that nobody has, %j", (change, message) => {
    expect(problemsOf({ ...one("StatefulSet", "dfbot"), ...change })[0]).toContain(message);
  });

  it("each field of each object, misspelt one at a time, except where any field may stand", () => {
    const silent = everyObject.flatMap((object) => {
      const free = freePartsOf(object);
      return (
        fieldsOf(object)
          .filter((path) => !free.some((part) => dotted(path).startsWith(`${part}.`)))
          // Without these three there is no telling which object it is at all.
          .filter((path) => path.length > 1 || !["apiVersion", "kind", "metadata"].includes(dotted(path)))
          .filter((path) => !isMapEntry(path))
          .filter((path) => problemsOf(misspelt(object, path)).length === 0)
          .map((path) => `${identityOf(object)}: ${dotted(path)}`)
      );
    });
    expect(silent).toEqual([]);
  });

  it("all but what is free by its nature", () => {
    const free = everyObject.flatMap((object) => freePartsOf(object).map((path) => `${object.kind} ${path}`));
    expect([...new Set(free)].toSorted()).toEqual(["HelmRelease spec.values"]);
  });
});

type Path = readonly string[];

/** Keys that the author chooses: of labels, data, selectors and amounts. */
function isMapEntry(path: Path): boolean {
  const [map, key] = path.slice(-2);
  if (map === "selector") return key !== "matchLabels" && key !== "matchExpressions";
  return ["labels", "annotations", "data", "matchLabels", "limits", "requests"].includes(map ?? "");
}

function fieldsOf(value: unknown, path: Path = []): readonly Path[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) ? [] : [[...path, key]]),
    ...fieldsOf(inner, [...path, key]),
  ]);
}

function dotted(path: Path): string {
  return path
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);
}

function misspelt(object: KubeObject, path: Path): KubeObject {
  const copy = structuredClone(object);
  const parent = parentOf(copy, path);
  const key = path.at(-1) ?? "";
  parent[`${key}x`] = parent[key];
  delete parent[key];
  return copy;
}

function put(object: KubeObject, path: Path, value: unknown): void {
  const parent = parentOf(object, path);
  const key = path.at(-1) ?? "";
  if (value === undefined) delete parent[key];
  else parent[key] = value;
}

function parentOf(object: KubeObject, path: Path): Record<string, unknown> {
  return path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, object);
}
