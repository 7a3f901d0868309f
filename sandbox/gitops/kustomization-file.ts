import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** The parts of a kustomization.yaml that the shipped tree uses; anything else is an error, never passed over. */

const generator = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  files: z.array(z.string()).default([]),
  literals: z.array(z.string()).default([]),
  options: z
    .strictObject({
      disableNameSuffixHash: z.boolean().default(false),
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .prefault({}),
});
export type ConfigMapGenerator = z.infer<typeof generator>;

const patch = z.strictObject({
  target: z.strictObject({ kind: z.string(), name: z.string() }),
  patch: z.string(),
});
export type Patch = z.infer<typeof patch>;

const kustomization = z.strictObject({
  apiVersion: z.enum(["kustomize.config.k8s.io/v1beta1", "kustomize.config.k8s.io/v1alpha1"]),
  kind: z.enum(["Kustomization", "Component"]),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  patches: z.array(patch).default([]),
  configMapGenerator: z.array(generator).default([]),
});
export type Kustomization = z.infer<typeof kustomization>;

/** @throws Error that names the file and the field */
export function readKustomization(folder: string, kind: Kustomization["kind"]): Kustomization {
  const path = join(folder, "kustomization.yaml");
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Error(`${path} does not exist`);
  const parsed = kustomization.safeParse(parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: not modelled here: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.kind !== kind) throw new Error(`${path}: found a ${parsed.data.kind}, expected a ${kind}`);
  return parsed.data;
}
