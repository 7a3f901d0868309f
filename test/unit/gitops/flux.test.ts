import { join } from "node:path";
import { expect, it } from "vitest";
import { fluxObjects } from "../../../sandbox/gitops/flux.ts";
import { configMap, kustomization, tree } from "./tree.ts";

const flux = (name: string, path: string, ...lines: readonly string[]) =>
  [
    "---",
    "apiVersion: kustomize.toolkit.fluxcd.io/v1",
    "kind: Kustomization",
    `metadata: {name: ${name}, namespace: one}`,
    "spec:",
    "  interval: 1h",
    "  prune: true",
    "  sourceRef: {kind: GitRepository, name: flux-system}",
    `  path: ${path}`,
    ...lines.map((line) => `  ${line}`),
  ].join("\n");

/** A cluster with the settings X=1, and folders `a` and `b` with one ConfigMap each that holds X. */
function cluster(...kustomizations: readonly string[]) {
  return tree({
    "cluster/kustomization.yaml": kustomization("resources: [settings.yaml, flux.yaml]"),
    "cluster/settings.yaml": configMap("settings", 'X: "1"'),
    "cluster/flux.yaml": kustomizations.join("\n"),
    ...Object.fromEntries(
      ["a", "b"].flatMap((name) => [
        [`${name}/kustomization.yaml`, kustomization("resources: [o.yaml]")],
        [`${name}/o.yaml`, configMap(name, "text: x-${X}")],
      ]),
    ),
  });
}
const built = (root: string, settings?: Record<string, string>) =>
  fluxObjects(join(root, "cluster"), { root, ...(settings === undefined ? {} : { settings }) });
const from = "postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}";

it("gives the cluster's own objects first, then each Kustomization after those it depends on", () => {
  const root = cluster(flux("late", "./a", "dependsOn: [{name: early}]", from), flux("early", "./b", from));
  const steps = built(root);
  expect(steps.map(({ kustomization: name, objects }) => [name, objects.map(({ metadata }) => metadata.name)])).toEqual(
    [
      ["flux-system", ["settings", "late", "early"]],
      ["early", ["b"]],
      ["late", ["a"]],
    ],
  );
  expect(steps[2]?.objects[0]?.["data"]).toEqual({ text: "x-1" });
});

it("leaves variables alone where there is no postBuild", () => {
  expect(built(cluster(flux("one", "./a")))[1]?.objects[0]?.["data"]).toEqual({ text: "x-${X}" });
});

it("takes other settings, and shows them in the ConfigMap as well", () => {
  const [own, one] = built(cluster(flux("one", "./a", from)), { X: "2" });
  expect([own?.objects[0]?.["data"], one?.objects[0]?.["data"]]).toEqual([{ X: "2" }, { text: "x-2" }]);
});

it.each([
  ["a setting that does not exist", [flux("one", "./a", from)], "no such setting: Y", { Y: "2" }],
  ["a dependency that does not exist", [flux("one", "./a", "dependsOn: [{name: gone}]")], "one depends on gone", {}],
  [
    "a cycle",
    [flux("one", "./a", "dependsOn: [{name: two}]"), flux("two", "./b", "dependsOn: [{name: one}]")],
    "dependsOn is a cycle: one -> two -> one",
    {},
  ],
  ["a path that does not exist", [flux("one", "./gone")], "path: ./gone: no such folder", {}],
  ["a path out of the root", [flux("one", "../..")], "path: ../..: no such folder", {}],
  ["settings that do not exist", [flux("one", "./a", from.replace("settings", "gone"))], "no ConfigMap one/gone", {}],
  ["a field that is not modelled", [flux("one", "./a", "targetNamespace: x")], "targetNamespace", {}],
  [
    "two Kustomizations with one object",
    [flux("one", "./a"), flux("two", "./a")],
    "ConfigMap one/a is there twice",
    {},
  ],
])("refuses %s", (_, kustomizations, message, settings) => {
  expect(() => built(cluster(...kustomizations), settings)).toThrow(message);
});
