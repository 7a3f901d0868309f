import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseDocuments } from "./yaml.ts";

const texts = z.record(z.string(), z.string());

const target = z
  .strictObject({
    group: z.string().optional(),
    version: z.string().optional(),
    kind: z.string().optional(),
    name: z.string().optional(),
    namespace: z.string().optional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, "a target that names nothing is everything");

const generator = z
  .strictObject({
    name: z.string().min(1),
    namespace: z.string().optional(),
    files: z.array(z.string()).default([]),
    literals: z.array(z.string()).default([]),
    options: z
      .strictObject({
        labels: texts.optional(),
        annotations: texts.optional(),
        disableNameSuffixHash: z.boolean().default(false),
      })
      .prefault({}),
  })
  .refine(({ files, literals }) => files.length + literals.length > 0, "a ConfigMap of nothing");

/** The fields of a kustomization.yaml that the tree uses. Strict: another field is an error, never ignored. */
const kustomizationFile = z
  .strictObject({
    apiVersion: z.string(),
    kind: z.enum(["Kustomization", "Component"]),
    resources: z.array(z.string()).default([]),
    components: z.array(z.string()).default([]),
    patches: z.array(z.strictObject({ target: target.optional(), patch: z.string() })).default([]),
    configMapGenerator: z.array(generator).default([]),
  })
  .refine(
    ({ apiVersion, kind }) => apiVersion === `kustomize.config.k8s.io/${kind === "Component" ? "v1alpha1" : "v1beta1"}`,
    { path: ["apiVersion"], message: "not the apiVersion of the kind" },
  );

export type KustomizationFile = z.infer<typeof kustomizationFile>;
export type PatchEntry = KustomizationFile["patches"][number];
export type GeneratorEntry = KustomizationFile["configMapGenerator"][number];

/** The kustomization.yaml of a folder. Throws naming the file and the field. */
export function readKustomizationFile(folder: string): KustomizationFile {
  const path = join(folder, "kustomization.yaml");
  if (!existsSync(path)) throw new Error(`${path}: no such file`);
  const documents = parseDocuments(readFileSync(path, "utf8"), path);
  if (documents.length !== 1) throw new Error(`${path}: one document expected, ${documents.length} found`);
  const parsed = kustomizationFile.safeParse(documents[0]);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
