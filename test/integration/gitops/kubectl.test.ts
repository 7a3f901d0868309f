import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readKustomizationFile } from "../../../sandbox/gitops/kustomization-file.ts";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { identityOf, parseObjects } from "../../../sandbox/gitops/objects.ts";

const root = join(import.meta.dirname, "../../../deploy");
const folders = globSync("**/kustomization.yaml", { cwd: root })
  .map((file) => join(root, dirname(file)))
  // A Component builds with what it is added to only.
  .filter((folder) => readKustomizationFile(folder).kind === "Kustomization")
  .toSorted();

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
      const ours = buildKustomization(folder);
      expect(byIdentity(ours)).toEqual(byIdentity(theirs));
    });

    it("covers every kustomization of the tree", () => {
      expect(folders.length).toBeGreaterThanOrEqual(10);
    });
  },
);

function byIdentity(objects: ReturnType<typeof parseObjects>) {
  return Object.fromEntries(objects.map((object) => [identityOf(object), object]));
}
