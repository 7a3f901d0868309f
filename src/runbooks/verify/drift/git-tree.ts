import { LRUCache } from "lru-cache";
import { buildFlux, fluxKustomizationIn } from "../../../manifests/flux-kustomization.ts";
import { buildFolder, type Files, foldersMissing } from "../../../manifests/kustomize/build.ts";
import type { Manifest } from "../../../manifests/manifest.ts";
import { unbuildable } from "../../../manifests/unbuildable.ts";
import type { GitReader } from "../../../platform/git.ts";

/** What Git has for a Flux Kustomization at a commit. */
export interface Built {
  readonly sha: string;
  /** Folder in Git. */
  readonly folder: string;
  readonly objects: readonly Manifest[];
}

export interface GitTree {
  /** A cluster's own folder: its Flux Kustomizations and their settings. Throws BotError `git.*`, `manifests.unbuildable`. */
  own(sha: string, folder: string): Promise<Built>;
  /** What the Flux Kustomization of this name applies; `own` is the cluster's own folder. Throws as `own` does. */
  kustomization(sha: string, own: string, name: string): Promise<Built>;
}

/** Of the commits that were compared last, by folder and name: what a commit has never changes. */
const kept = new WeakMap<GitReader, LRUCache<string, Built>>();
const keptAtMost = 40;

/**
 * Reads folders of the Git project, each once for a commit however many builds need it, and builds nothing twice. Made anew for
 * each run.
 */
export function createGitTree(git: GitReader, signal: AbortSignal): GitTree {
  const builds = kept.get(git) ?? new LRUCache<string, Built>({ max: keptAtMost });
  kept.set(git, builds);
  const folders = new Map<string, Promise<Files>>();
  const read = (sha: string, folder: string): Promise<Files> => {
    const key = `${sha} ${folder}`;
    const known = folders.get(key) ?? git.files(sha, folder, signal);
    folders.set(key, known);
    return known;
  };
  /** The files of a folder and of all that its resources lead to. */
  const closure = async (sha: string, folder: string): Promise<Files> => {
    const asked = new Set([folder]);
    for (let files = await read(sha, folder); ; ) {
      const missing = foldersMissing(files, folder).filter((one) => !asked.has(one));
      if (missing.length === 0) return files;
      for (const one of missing) asked.add(one);
      const more = await Promise.all(missing.map((one) => read(sha, one)));
      files = new Map([...files, ...more.flatMap((found) => [...found])]);
    }
  };
  const once = async (key: string, build: () => Promise<Built>): Promise<Built> => {
    const built = builds.get(key) ?? (await build());
    builds.set(key, built);
    return built;
  };
  const own: GitTree["own"] = (sha, folder) =>
    once(`${sha} ${folder}`, async () => ({ sha, folder, objects: buildFolder(await closure(sha, folder), folder) }));
  return {
    own,
    kustomization: (sha, ownFolder, name) =>
      once(`${sha} ${ownFolder} ${name}`, async () => {
        const { objects } = await own(sha, ownFolder);
        const flux = fluxKustomizationIn(objects, name);
        if (flux === undefined) throw unbuildable(ownFolder, `has no Flux Kustomization ${name}`);
        const folder = flux.spec.path.replace(/^\.?\//, "").replace(/\/$/, "");
        return { sha, folder, objects: buildFlux(flux, await closure(sha, folder), objects) };
      }),
  };
}
