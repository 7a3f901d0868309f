import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { readKustomizationFile } from "../../../sandbox/gitops/kustomization-file.ts";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { identityOf, parseObjects } from "../../../sandbox/gitops/objects.ts";
import { buildFolder } from "../../../src/manifests/kustomize/build.ts";
import type { Manifest } from "../../../src/manifests/manifest.ts";
import { component, configMap, kustomization, tree } from "../../unit/gitops/tree.ts";

const root = join(import.meta.dirname, "../../../deploy");
const folders = globSync("**/kustomization.yaml", { cwd: root })
  .map((file) => join(root, dirname(file)))
  // A Component builds with what it is added to only.
  .filter((folder) => readKustomizationFile(folder).kind === "Kustomization")
  .toSorted();
const files = new Map(
  globSync("**/*.{yaml,json}", { cwd: root }).map((file) => [file, readFileSync(join(root, file), "utf8")]),
);

/** Why kubectl cannot be the judge here, or undefined. */
function unfit(): string | undefined {
  try {
    const text = execFileSync("kubectl", ["version", "--client"], { encoding: "utf8" });
    const version = /Kustomize Version: v(\d+)/.exec(text)?.[1];
    return Number(version) >= 5 ? undefined : "its kustomize is older than v5";
  } catch {
    return "kubectl is not here";
  }
}
const reason = unfit();

describe.skipIf(reason !== undefined)(
  `as kubectl kustomize builds it${reason === undefined ? "" : `: ${reason}`}`,
  () => {
    it.each(folders.map((folder) => [folder.slice(root.length + 1), folder]))("%s", (_, folder) => {
      const theirs = parseObjects(execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" }), "kubectl");
      expect(byIdentity(buildKustomization(folder))).toEqual(byIdentity(theirs));
      // And so does the bot, which compares the clusters with it.
      expect(byIdentity(parsed(buildFolder(files, relative(root, folder))))).toEqual(byIdentity(theirs));
    });

    it("and so is a tree with everything that the shipped one may come to use", () => {
      const folder = tree({
        "top/kustomization.yaml": kustomization(
          "resources: [../base, pod.yaml]",
          "components: [../extra]",
          "configMapGenerator:",
          "  - {name: g, namespace: one, files: [text.txt, other=text.txt], literals: ['zz=a', 'Z9=<b>&c', 'q=\"x\"']}",
          "  - {name: fixed, namespace: one, literals: [a=b], options: {disableNameSuffixHash: true, labels: {l: m}}}",
          "patches:",
          "  - target: {kind: ConfigMap, name: a.*}",
          "    patch: '- {op: add, path: /data/added, value: on top}'",
          "  - patch: |",
          "      apiVersion: v1",
          "      kind: ConfigMap",
          "      metadata: {name: b, namespace: one, labels: {new: label}}",
          "      data: {x: null, nested: changed}",
          "  - target: {group: '', version: v1, kind: ConfigMap, name: gone}",
          "    patch: '{$patch: delete, apiVersion: v1, kind: ConfigMap, metadata: {name: gone}}'",
        ),
        "top/text.txt": "line\n\té last, no newline",
        "top/pod.yaml": [
          "apiVersion: v1",
          "kind: Pod",
          "metadata: {name: p, namespace: one}",
          "spec:",
          "  volumes: [{name: v, configMap: {name: g, defaultMode: 0440}}, {name: w, projected: {sources: [{configMap: {name: g}}]}}]",
          "  containers: [{name: c, image: i, envFrom: [{configMapRef: {name: g}}, {configMapRef: {name: fixed}}]}]",
        ].join("\n"),
        "base/kustomization.yaml": kustomization("resources: [maps.yaml]"),
        "base/maps.yaml": ["a1", "a2", "b", "gone"]
          .map((name) => configMap(name, "x: '1'", "nested: y1"))
          .join("\n---\n"),
        "extra/kustomization.yaml": component(
          "resources: [c.yaml]",
          "patches: [{target: {name: b}, patch: '- {op: replace, path: /data/x, value: from the component}'}]",
        ),
        "extra/c.yaml": configMap("c", "text: |", "  two", "  lines", ""),
      });
      const theirs = parseObjects(
        execFileSync("kubectl", ["kustomize", `${folder}/top`], { encoding: "utf8" }),
        "kubectl",
      );
      expect(theirs).toHaveLength(7);
      expect(byIdentity(buildKustomization(`${folder}/top`))).toEqual(byIdentity(theirs));
    });

    it("covers every kustomization of the tree", () => {
      expect(folders.length).toBeGreaterThanOrEqual(10);
    });
  },
);

/** Fields that are undefined are none. */
function parsed(objects: readonly Manifest[]) {
  return parseObjects(objects.map((object) => JSON.stringify(object)).join("\n---\n"), "the bot");
}

function byIdentity(objects: ReturnType<typeof parseObjects>) {
  return Object.fromEntries(objects.map((object) => [identityOf(object), object]));
}
