import { posix } from "node:path";
import { z } from "zod";
import { idOf, type Manifest, manifestOf, manifestsIn, nameOfObject, sameObject } from "../manifest.ts";
import { unbuildable } from "../unbuildable.ts";
import { readYaml } from "../yaml.ts";
import { generatedConfigMap, nameWithHash, withReferences } from "./config-map.ts";
import { type KustomizationFile, readKustomizationFile } from "./file.ts";

/** Text files of a Git project, by path from its root. */
export type Files = ReadonlyMap<string, string>;

/** While it is being built, names have no suffix: a patch goes by the plain one. */
interface Draft {
  readonly objects: readonly Manifest[];
  readonly hashed: readonly Manifest[];
}

/**
 * The objects that kustomize makes of a folder: resources, generated ConfigMaps with their suffix, and patches that delete.
 *
 * @throws BotError `manifests.unbuildable` for whatever else a kustomization.yaml says
 */
export function buildFolder(files: Files, folder: string): readonly Manifest[] {
  const { objects, hashed } = draftOf(files, normal(folder), []);
  return hashed.reduce((all, one) => {
    const name = nameWithHash(one);
    return all.map((object) => {
      if (object === one) return { ...object, metadata: { ...object.metadata, name } };
      if (object.kind === "ConfigMap" || object.metadata.namespace !== one.metadata.namespace) return object;
      return manifestOf(folder, withReferences(object, one.metadata.name, name));
    });
  }, objects);
}

/** Folders that building this one needs and that are not among the files; empty when nothing is missing. */
export function foldersMissing(files: Files, folder: string, open: readonly string[] = []): readonly string[] {
  const here = normal(folder);
  if (open.includes(here)) return [];
  if (!files.has(`${here}/kustomization.yaml`)) return [here];
  const { file } = fileOf(files, here);
  return file.resources
    .map((resource) => normal(posix.join(here, resource)))
    .filter((path) => !files.has(path) && !/\.ya?ml$/.test(path))
    .flatMap((path) => foldersMissing(files, path, [...open, here]));
}

function draftOf(files: Files, here: string, open: readonly string[]): Draft {
  const { source, file } = fileOf(files, here);
  if (open.includes(here)) throw unbuildable(source, "leads back to itself");
  const below = [...open, here];
  const resources = file.resources.map((resource): Draft => {
    const path = normal(posix.join(here, resource));
    const text = files.get(path);
    return text === undefined ? draftOf(files, path, below) : { objects: manifestsIn(path, text), hashed: [] };
  });
  const read = (path: string) => {
    const text = files.get(normal(posix.join(here, path)));
    if (text === undefined) throw unbuildable(source, `needs ${path}, which is not there or is no text`);
    return text;
  };
  const generated = file.configMapGenerator.map((entry) => {
    const made = generatedConfigMap(entry, read);
    return { made, hashed: !entry.options.disableNameSuffixHash };
  });
  const objects = [...resources.flatMap((one) => one.objects), ...generated.map(({ made }) => made)];
  for (const [index, one] of objects.entries())
    if (objects.slice(0, index).some((other) => sameObject(idOf(one), idOf(other))))
      throw unbuildable(source, `has ${nameOfObject(idOf(one))} twice`);
  const kept = objects.filter((object) => !file.patches.some((patch) => deletes(patch, object, source)));
  const hashed = [
    ...resources.flatMap((one) => one.hashed),
    ...generated.flatMap((one) => (one.hashed ? [one.made] : [])),
  ];
  return { objects: kept, hashed: hashed.filter((one) => kept.includes(one)) };
}

const deletion = z.looseObject({ $patch: z.literal("delete") });

function deletes({ target, patch }: KustomizationFile["patches"][number], object: Manifest, source: string): boolean {
  const [body, ...more] = readYaml(source, patch);
  if (more.length > 0 || !deletion.safeParse(body).success)
    throw unbuildable(source, "uses a patch that does more than delete, which the bot cannot build");
  return object.kind === target.kind && object.metadata.name === target.name;
}

function fileOf(files: Files, folder: string): { readonly source: string; readonly file: KustomizationFile } {
  const source = `${folder}/kustomization.yaml`;
  const text = files.get(source);
  if (text === undefined) throw unbuildable(source, "is not there");
  return { source, file: readKustomizationFile(source, text) };
}

/** `./a/../b/` is `b`. */
function normal(path: string): string {
  return posix.normalize(path).replace(/^\.\//, "").replace(/\/$/, "");
}
