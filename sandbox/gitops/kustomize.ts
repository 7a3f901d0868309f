import { readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import type { KubeObject } from "../kubernetes/object-store.ts";
import { type Generated, generateConfigMap, renameReferences } from "./config-map.ts";
import { type Kustomization, type Patch, readKustomization } from "./kustomization-file.ts";

/** As Kubernetes reads YAML: 0440 is octal, and a bare `on` or `yes` is true. */
export const yaml = { version: "1.1" } as const;

const kubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/**
 * What `kubectl kustomize` makes of a folder, for the part of kustomize that the shipped tree uses. The sandbox has its own
 * because Debian's kubectl is too old for it; a test compares the two.
 *
 * @param root nothing outside this folder is read
 * @throws Error that names the file, for anything that is missing, doubled, or not modelled
 */
export function buildKustomization(folder: string, root: string): readonly KubeObject[] {
  const { objects, generated } = accumulate(resolve(folder), { root: resolve(root), open: [] }, "Kustomization");
  const built = renameReferences(objects, generated);
  const seen = new Set<string>();
  for (const object of built) {
    const identity = identityOf(object);
    if (seen.has(identity)) throw new Error(`${folder}: ${identity} is there twice`);
    seen.add(identity);
  }
  return built;
}

export function identityOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

interface Place {
  readonly root: string;
  /** Folders that are being built, to notice a circle. */
  readonly open: readonly string[];
}

interface Accumulated {
  readonly objects: readonly KubeObject[];
  readonly generated: readonly Generated[];
}

function accumulate(folder: string, place: Place, kind: Kustomization["kind"]): Accumulated {
  if (relative(place.root, folder).startsWith("..")) throw new Error(`${folder} is outside ${place.root}`);
  if (place.open.includes(folder)) throw new Error(`${folder} includes itself`);
  const inner = { ...place, open: [...place.open, folder] };
  const file = readKustomization(folder, kind);
  const parts = file.resources.map((name) => {
    const path = resolve(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new Error(`${join(folder, "kustomization.yaml")}: ${name} does not exist`);
    return found.isDirectory()
      ? accumulate(path, inner, "Kustomization")
      : { objects: readObjects(path), generated: [] };
  });
  parts.push(...file.components.map((name) => accumulate(resolve(folder, name), inner, "Component")));
  const own = file.configMapGenerator.map((wanted) => generateConfigMap(folder, wanted));
  const objects = [...parts.flatMap((part) => part.objects), ...own.map(({ object }) => object)];
  const generated = [...parts.flatMap((part) => part.generated), ...own];
  return {
    objects: file.patches.reduce<readonly KubeObject[]>((before, patch) => applyPatch(folder, before, patch), objects),
    generated,
  };
}

function readObjects(path: string): readonly KubeObject[] {
  return parseAllDocuments(readFileSync(path, "utf8"), yaml).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}`);
    if (document.contents === null) return [];
    const parsed = kubeObject.safeParse(document.toJS());
    if (!parsed.success) throw new Error(`${path}: not a Kubernetes object: ${z.prettifyError(parsed.error)}`);
    return [parsed.data];
  });
}

const deletion = z.strictObject({
  $patch: z.literal("delete"),
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({ name: z.string(), namespace: z.string().optional() }),
});

/** The one kind of patch that the tree uses: an object that is left out. */
function applyPatch(folder: string, objects: readonly KubeObject[], { target, patch }: Patch): readonly KubeObject[] {
  const path = join(folder, "kustomization.yaml");
  const parsed = deletion.safeParse(parse(patch));
  if (!parsed.success) throw new Error(`${path}: this patch is not modelled here: ${z.prettifyError(parsed.error)}`);
  const kept = objects.filter(({ kind, metadata }) => kind !== target.kind || metadata.name !== target.name);
  if (kept.length === objects.length)
    throw new Error(`${path}: the patch of ${target.kind} ${target.name} meets nothing`);
  return kept;
}
