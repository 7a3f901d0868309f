import { existsSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { z } from "zod";
import type { KubeObject } from "../kubernetes/object-store.ts";
import { buildKustomization } from "./kustomize.ts";
import { groupOf, refuseTwins } from "./objects.ts";
import { substitute } from "./substitute.ts";

/** What Flux applies at once: the cluster's own folder, or one Flux Kustomization. */
export interface FluxStep {
  /** The Flux Kustomization's name; `flux-system` for the cluster's own folder, as Flux's bootstrap calls it. */
  readonly kustomization: string;
  readonly objects: readonly KubeObject[];
}

const healthCheck = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  current: z.string(),
  inProgress: z.string().optional(),
  failed: z.string().optional(),
});
export type HealthCheck = z.infer<typeof healthCheck>;

/** The fields of a Flux Kustomization that the tree uses. Strict: what is not here could change what is built. */
export const fluxKustomization = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.strictObject({
    dependsOn: z.array(z.strictObject({ name: z.string() })).default([]),
    interval: z.string(),
    retryInterval: z.string().optional(),
    timeout: z.string().optional(),
    prune: z.boolean(),
    suspend: z.boolean().default(false),
    wait: z.boolean().optional(),
    path: z.string(),
    sourceRef: z.strictObject({ kind: z.literal("GitRepository"), name: z.string() }),
    healthCheckExprs: z.array(healthCheck).default([]),
    postBuild: z
      .strictObject({ substituteFrom: z.array(z.strictObject({ kind: z.literal("ConfigMap"), name: z.string() })) })
      .optional(),
  }),
});
export type FluxKustomization = z.infer<typeof fluxKustomization>;

const settingsMap = z.object({ data: z.record(z.string(), z.string()) });

/**
 * What Flux applies to a cluster, in its order: the cluster's own objects first, then each Flux Kustomization after
 * those it depends on, built and substituted. `root` is the folder that the paths of the Kustomizations start from;
 * `settings` replaces values of the cluster's settings, and may name only settings that there are.
 */
export function fluxObjects(
  clusterFolder: string,
  options: { readonly root: string; readonly settings?: Readonly<Record<string, string>> },
): readonly FluxStep[] {
  const own = withSettings(buildKustomization(clusterFolder), options.settings ?? {}, clusterFolder);
  const kustomizations = own
    .filter((object) => object.kind === "Kustomization" && groupOf(object) === "kustomize.toolkit.fluxcd.io")
    .map((object) => {
      const parsed = fluxKustomization.safeParse(object);
      if (!parsed.success)
        throw new Error(`${clusterFolder}: Kustomization ${object.metadata.name}: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    });
  const steps = [
    { kustomization: "flux-system", objects: own },
    ...ordered(kustomizations, clusterFolder).map((kustomization) => ({
      kustomization: kustomization.metadata.name,
      objects: buildFluxKustomization(kustomization, own, options.root),
    })),
  ];
  refuseTwins(
    steps.flatMap(({ objects }) => objects),
    clusterFolder,
  );
  return steps;
}

/** The objects with values of their ConfigMaps replaced. Throws with `folder` in front when there is no such setting. */
export function withSettings(
  own: readonly KubeObject[],
  overrides: Readonly<Record<string, string>>,
  folder: string,
): readonly KubeObject[] {
  const unused = new Set(Object.keys(overrides));
  const result = own.map((object) => {
    const parsed = settingsMap.safeParse(object);
    if (object.kind !== "ConfigMap" || !parsed.success) return object;
    const data = { ...parsed.data.data };
    for (const [name, value] of Object.entries(overrides)) {
      if (!Object.hasOwn(data, name)) continue;
      data[name] = value;
      unused.delete(name);
    }
    return { ...object, data };
  });
  if (unused.size > 0) throw new Error(`${folder}: no such setting: ${[...unused].join(", ")}`);
  return result;
}

/** Dependencies first, else in the order of the files. */
function ordered(all: readonly FluxKustomization[], folder: string): readonly FluxKustomization[] {
  const done: FluxKustomization[] = [];
  const place = (name: string, way: readonly string[]) => {
    if (done.some(({ metadata }) => metadata.name === name)) return;
    if (way.includes(name)) throw new Error(`${folder}: dependsOn is a cycle: ${[...way, name].join(" -> ")}`);
    const found = all.find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new Error(`${folder}: ${way.at(-1)} depends on ${name}, which does not exist`);
    for (const dependency of found.spec.dependsOn) place(dependency.name, [...way, name]);
    done.push(found);
  };
  for (const { metadata } of all) place(metadata.name, []);
  return done;
}

/** The objects of one Flux Kustomization, substituted with the settings among `own`, where it names some. */
export function buildFluxKustomization(
  { metadata, spec }: FluxKustomization,
  own: readonly KubeObject[],
  root: string,
): readonly KubeObject[] {
  const folder = resolve(root, spec.path);
  const inside = relative(resolve(root), folder);
  if (inside === ".." || inside.startsWith(`..${sep}`) || !existsSync(folder))
    throw new Error(`Kustomization ${metadata.name}: path: ${spec.path}: no such folder in ${root}`);
  const objects = buildKustomization(folder);
  // Without postBuild Flux does not look for variables at all.
  if (spec.postBuild === undefined) return objects;
  const settings = Object.assign(
    {},
    ...spec.postBuild.substituteFrom.map(({ name }) => settingsOf(name, metadata, own)),
  ) as Readonly<Record<string, string>>;
  return objects.map((object) => substitute(object, settings));
}

function settingsOf(
  name: string,
  { name: user, namespace }: FluxKustomization["metadata"],
  own: readonly KubeObject[],
): Readonly<Record<string, string>> {
  const found = own.find(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name && metadata.namespace === namespace,
  );
  if (found === undefined) throw new Error(`Kustomization ${user}: substituteFrom: no ConfigMap ${namespace}/${name}`);
  return settingsMap.parse(found).data;
}
