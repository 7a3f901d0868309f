import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Writes files (path to text) into a folder of their own, gone after the test. */
export function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "gitops-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** A kustomization.yaml with these lines. */
export function kustomization(...lines: readonly string[]): string {
  return ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization", ...lines].join("\n");
}

export function component(...lines: readonly string[]): string {
  return ["apiVersion: kustomize.config.k8s.io/v1alpha1", "kind: Component", ...lines].join("\n");
}

export function configMap(name: string, ...data: readonly string[]): string {
  const lines = [`apiVersion: v1`, `kind: ConfigMap`, `metadata: {name: ${name}, namespace: one}`];
  return [...lines, ...(data.length === 0 ? [] : ["data:", ...data.map((line) => `  ${line}`)])].join("\n");
}
