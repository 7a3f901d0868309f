import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { KubeObject } from "../kubernetes/object-store.ts";
import { generateConfigMap, suffixedName, withConfigMapRenamed } from "./generators.ts";
import { type KustomizationFile, readKustomizationFile } from "./kustomization-file.ts";
import { identityOf, parseObjects, refuseTwins } from "./objects.ts";
import { applyPatch } from "./patches.ts";

/** What is built so far: generated names get their suffix at the very end, when no patch can change the content. */
interface Draft {
  readonly objects: readonly KubeObject[];
  /** Identities of the ConfigMaps whose names get a suffix. */
  readonly hashed: ReadonlySet<string>;
}

const nothing: Draft = { objects: [], hashed: new Set() };

/**
 * The objects that `kubectl kustomize` makes of a folder, for the part of kustomize that the tree uses. Whatever else a
 * kustomization.yaml says is an error that names the file and the field, so nothing is built wrongly in silence.
 * Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
 */
export function buildKustomization(folder: string): readonly KubeObject[] {
  const root = resolve(folder);
  if (readKustomizationFile(root).kind !== "Kustomization")
    throw new Error(`${root}: a Component is no tree of its own`);
  return withSuffixes(accumulate(root, "Kustomization", nothing, []));
}

/** A Component works on what is there already, a Kustomization starts anew. `open` holds the folders on the way here. */
function accumulate(folder: string, kind: KustomizationFile["kind"], start: Draft, open: readonly string[]): Draft {
  const here = existsSync(folder) ? realpathSync(folder) : folder;
  if (open.includes(here)) throw new Error(`${[...open, here].join(" -> ")}: a cycle`);
  const file = readKustomizationFile(here);
  const source = join(here, "kustomization.yaml");
  if (file.kind !== kind) throw new Error(`${source}: a ${file.kind} where a ${kind} is expected`);
  const way = [...open, here];

  let draft = start;
  for (const resource of file.resources) {
    const path = resolve(here, resource);
    if (!existsSync(path)) throw new Error(`${source}: resources: ${resource}: no such file or folder`);
    const added = statSync(path).isDirectory()
      ? accumulate(path, "Kustomization", nothing, way)
      : { ...nothing, objects: parseObjects(readInside(here, resource, source), path) };
    draft = joined(draft, added, source);
  }
  for (const component of file.components) draft = accumulate(resolve(here, component), "Component", draft, way);
  for (const entry of file.configMapGenerator) {
    const made = generateConfigMap(entry, (path) => readInside(here, path, source), source);
    const hashed = entry.options.disableNameSuffixHash ? [] : [identityOf(made)];
    draft = joined(draft, { objects: [made], hashed: new Set(hashed) }, source);
  }
  const objects = file.patches.reduce(
    (patched, entry, index) => applyPatch(patched, entry, `${source}: patches[${index}]`),
    draft.objects,
  );
  refuseTwins(objects, source);
  return { ...draft, objects };
}

function joined(a: Draft, b: Draft, source: string): Draft {
  const objects = [...a.objects, ...b.objects];
  refuseTwins(objects, source);
  return { objects, hashed: new Set([...a.hashed, ...b.hashed]) };
}

/** Files come from the folder of the kustomization.yaml or below, as kustomize demands: links out of it do not count. */
function readInside(folder: string, path: string, source: string): string {
  const full = resolve(folder, path);
  if (!existsSync(full)) throw new Error(`${source}: ${path}: no such file`);
  const inside = relative(folder, realpathSync(full));
  if (inside === ".." || inside.startsWith(`..${sep}`)) throw new Error(`${source}: ${path}: outside of its folder`);
  const bytes = readFileSync(full);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Error(`${source}: ${path}: not a UTF-8 text, which is all that is modelled`, { cause: error });
  }
}

function withSuffixes({ objects, hashed }: Draft): readonly KubeObject[] {
  return objects
    .filter((object) => hashed.has(identityOf(object)))
    .reduce<readonly KubeObject[]>((all, configMap) => {
      const name = suffixedName(configMap);
      const { namespace, name: plain } = configMap.metadata;
      return all.map((object) =>
        identityOf(object) === identityOf(configMap)
          ? { ...object, metadata: { ...object.metadata, name } }
          : withConfigMapRenamed(object, namespace, plain, name),
      );
    }, objects);
}
