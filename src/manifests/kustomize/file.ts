import { z } from "zod";
import { unbuildable } from "../unbuildable.ts";
import { readYaml } from "../yaml.ts";

const texts = z.record(z.string(), z.string());
/** kustomize reads it as a regular expression; these letters mean themselves. */
const word = z.string().regex(/^[\w-]+$/, "a name that is a pattern");

const generator = z.strictObject({
  name: z.string().min(1),
  namespace: z.string().optional(),
  files: z.array(z.string().regex(/^[^=]+$/, "a file under another key")),
  options: z
    .strictObject({
      labels: texts.optional(),
      annotations: texts.optional(),
      disableNameSuffixHash: z.boolean().default(false),
    })
    .prefault({}),
});
export type GeneratorEntry = z.infer<typeof generator>;

const patch = z.strictObject({ target: z.strictObject({ kind: word, name: word }), patch: z.string() });

/** What the shipped tree uses of kustomize. Strict: another field would make other objects. */
const kustomizationFile = z.strictObject({
  apiVersion: z.literal("kustomize.config.k8s.io/v1beta1"),
  kind: z.literal("Kustomization"),
  resources: z.array(z.string().regex(/^[\w./-]+$/, "a resource that is no path")).default([]),
  patches: z.array(patch).default([]),
  configMapGenerator: z.array(generator).default([]),
});
export type KustomizationFile = z.infer<typeof kustomizationFile>;

/** Throws BotError `manifests.unbuildable`, which names what it uses that cannot be built. */
export function readKustomizationFile(file: string, text: string): KustomizationFile {
  const [document, ...more] = readYaml(file, text);
  if (more.length > 0) throw unbuildable(file, "uses several documents, which the bot cannot build");
  return strictly(file, kustomizationFile, document);
}

/** Parses by a strict schema. Throws BotError `manifests.unbuildable`: "uses namePrefix, which the bot cannot build". */
export function strictly<T>(file: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const at = (keys: readonly PropertyKey[]) => keys.map(String).join(".");
  for (const issue of issues)
    if (issue.code === "unrecognized_keys")
      throw unbuildable(file, `uses ${at([...issue.path, issue.keys[0] ?? ""])}, which the bot cannot build`);
  throw unbuildable(file, `has a ${at(issues[0]?.path ?? [])} that the bot cannot build: ${issues[0]?.message}`);
}
