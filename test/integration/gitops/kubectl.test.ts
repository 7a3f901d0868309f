import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { onPath } from "../../../sandbox/dragonfly/find-store.ts";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";

const deploy = join(import.meta.dirname, "../../../deploy");
const folders = readdirSync(deploy, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith("kustomization.yaml"))
  .map((path) => join(deploy, path, ".."));

/** The kustomize inside kubectl, or why it cannot be compared with: 2.0.3 (kubectl 1.20, Debian 12) knows no components. */
function kustomizeVersion(): { readonly major: number } | { readonly reason: string } {
  if (onPath("kubectl", process.env["PATH"] ?? "") === undefined) return { reason: "kubectl is not installed" };
  const text = execFileSync("kubectl", ["version", "--client"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const version = /Kustomize Version: v(\d+)/.exec(text)?.[1];
  return version === undefined
    ? { reason: "this kubectl does not say which kustomize it has" }
    : { major: Number(version) };
}

const found = kustomizeVersion();
const reason =
  "reason" in found ? found.reason : found.major < 5 ? `its kustomize is v${found.major}, this needs v5` : "";

describe.skipIf(reason !== "")(`the same as kubectl kustomize${reason === "" ? "" : ` (skipped: ${reason})`}`, () => {
  it.each(folders.map((folder) => relative(deploy, folder)))("of %s", (path) => {
    const folder = join(deploy, path);
    const text = execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" });
    const theirs = parseAllDocuments(text, { version: "1.1" }).map((document): unknown => document.toJS());
    // Written and read once, so that both have been through YAML.
    const ours: unknown[] = buildKustomization(folder, deploy).map((object) => parse(JSON.stringify(object)));
    const byText = (objects: unknown[]) =>
      objects.map((object) => stringify(object, { sortMapEntries: true })).toSorted();
    expect(byText(ours)).toEqual(byText(theirs));
  });
});
