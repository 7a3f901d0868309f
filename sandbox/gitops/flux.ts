import { join } from "node:path";
import { z } from "zod";
import type { KubeObject } from "../kubernetes/object-store.ts";
import { buildKustomization } from "./kustomize.ts";
import { substitute } from "./substitute.ts";

export interface FluxOptions {
  /** The repository's top, which the paths of the Flux Kustomizations begin at. */
  readonly root: string;
  /** Instead of what the settings ConfigMap says. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Applied {
  /** The Flux Kustomization, or the cluster's own folder. */
  readonly kustomization: string;
  readonly objects: readonly KubeObject[];
}

const kind = "Kustomization";
const apiVersion = "kustomize.toolkit.fluxcd.io/v1";
const fluxKustomization = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({
    path: z.string(),
    dependsOn: z.array(z.strictObject({ name: z.string() })).default([]),
    postBuild: z
      .strictObject({ substituteFrom: z.array(z.strictObject({ kind: z.literal("ConfigMap"), name: z.string() })) })
      .optional(),
  }),
});
type FluxKustomization = z.infer<typeof fluxKustomization>;

/**
 * What Flux applies to a cluster, in its order: the cluster's own folder, then what each Kustomization in it leads to, those
 * that others depend on first.
 *
 * @throws Error for a dependency that is not there or circular, and for a setting that nothing defines
 */
export function fluxObjects(clusterFolder: string, { root, settings = {} }: FluxOptions): readonly Applied[] {
  const own = buildKustomization(clusterFolder, root).map((object) => withSettings(object, settings));
  const known = new Set(own.filter(isSettings).flatMap((object) => Object.keys(dataOf(object))));
  const unknown = Object.keys(settings).find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`${clusterFolder}: no ConfigMap defines the setting ${unknown}`);
  const all = own
    .filter((object) => object.kind === kind && object.apiVersion === apiVersion)
    .map((object) => fluxKustomization.parse(object));
  return [
    { kustomization: clusterFolder, objects: own },
    ...inOrder(all).map((one) => ({
      kustomization: one.metadata.name,
      objects: buildKustomization(join(root, one.spec.path), root).map((object) =>
        one.spec.postBuild === undefined ? object : substitute(object, valuesFor(one, own)),
      ),
    })),
  ];
}

function isSettings(object: KubeObject): boolean {
  return object.kind === "ConfigMap";
}

function dataOf(object: KubeObject): Readonly<Record<string, string>> {
  return z.record(z.string(), z.string()).parse(object["data"] ?? {});
}

function withSettings(object: KubeObject, settings: Readonly<Record<string, string>>): KubeObject {
  if (!isSettings(object)) return object;
  const data = Object.entries(dataOf(object)).map(([name, value]) => [name, settings[name] ?? value]);
  return { ...object, data: Object.fromEntries(data) };
}

function valuesFor({ metadata, spec }: FluxKustomization, own: readonly KubeObject[]): Record<string, string> {
  const sources = spec.postBuild?.substituteFrom ?? [];
  const values = sources.map(({ name }) => {
    const found = own.find((object) => isSettings(object) && object.metadata.name === name);
    if (found === undefined) throw new Error(`Kustomization ${metadata.name}: there is no ConfigMap ${name}`);
    return dataOf(found);
  });
  return Object.assign({}, ...values);
}

function inOrder(all: readonly FluxKustomization[]): readonly FluxKustomization[] {
  const ordered: FluxKustomization[] = [];
  const visit = (one: FluxKustomization, above: readonly string[]) => {
    const { name } = one.metadata;
    if (above.includes(name)) throw new Error(`Kustomization ${name} depends on itself: ${above.join(" -> ")}`);
    if (ordered.includes(one)) return;
    for (const { name: wanted } of one.spec.dependsOn) {
      const found = all.find(({ metadata }) => metadata.name === wanted);
      if (found === undefined) throw new Error(`Kustomization ${name} depends on ${wanted}, which is not there`);
      visit(found, [...above, name]);
    }
    ordered.push(one);
  };
  for (const one of all) visit(one, []);
  return ordered;
}
