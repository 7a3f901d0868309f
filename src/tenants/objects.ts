import { z } from "zod";
import type { Tree } from "./draft.ts";
import { type Settings, substituted } from "./settings.ts";
import { noSubstitution } from "./tenant-file.ts";
import { notAsExpected, pathsBelow } from "./tree.ts";
import { valuesOf } from "./yaml/source.ts";

const texts = z.record(z.string(), z.string()).optional();
const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), labels: texts, annotations: texts }),
});

/** A Kubernetes object as Git has it, Flux's values put in. */
export type Manifest = z.infer<typeof manifestSchema>;

/** One file of a folder that holds objects, read. */
export interface ManifestFile {
  readonly path: string;
  readonly objects: readonly Manifest[];
}

/**
 * The objects in a folder, Flux's values put in; kustomization.yaml is no object of the cluster.
 *
 * @throws BotError `tenant.tree` when a file is not YAML, or holds something that is no object
 */
export function objectsOf(tree: Tree, folder: string, settings: Settings): readonly Manifest[] {
  return manifestFilesOf(tree, folder, settings).flatMap(({ objects }) => objects);
}

/** The same, file by file. */
export function manifestFilesOf(tree: Tree, folder: string, settings: Settings): readonly ManifestFile[] {
  return pathsBelow(tree, folder)
    .filter((path) => /\.ya?ml$/.test(path) && !path.endsWith("/kustomization.yaml"))
    .map((path) => ({ path, objects: objectsIn(path, tree.get(path) ?? "", settings) }));
}

function objectsIn(path: string, text: string, settings: Settings): readonly Manifest[] {
  return valuesOf(path, text).flatMap((value) => {
    if (value === null || value === undefined) return [];
    const parsed = manifestSchema.safeParse(value);
    if (!parsed.success)
      throw notAsExpected(path, `it holds something that is no Kubernetes object: ${z.prettifyError(parsed.error)}`);
    const { annotations, labels } = parsed.data.metadata;
    if (annotations?.[noSubstitution] === "disabled" || labels?.[noSubstitution] === "disabled") return [parsed.data];
    return [manifestSchema.parse(deepSubstituted(parsed.data, settings))];
  });
}

function deepSubstituted(value: unknown, settings: Settings): unknown {
  if (typeof value === "string") return retyped(value, substituted(value, settings));
  if (Array.isArray(value)) return value.map((item) => deepSubstituted(item, settings));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [substituted(key, settings), deepSubstituted(item, settings)]),
  );
}

/** Flux replaces in the text of the YAML, so what is all variable becomes a number or a boolean when its value looks like one. */
function retyped(before: string, after: string): unknown {
  if (before === after || !/^\$\{[^}]*\}$/.test(before)) return after;
  if (after === "true" || after === "false") return after === "true";
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(after) ? Number(after) : after;
}
