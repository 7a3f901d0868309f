import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type FluxStep, fluxObjects } from "../../../sandbox/gitops/flux.ts";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { identityOf, parseObjects } from "../../../sandbox/gitops/objects.ts";
import { substitute } from "../../../sandbox/gitops/substitute.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";

export const deploy = resolve(import.meta.dirname, "../../../deploy");
const dragonfly = "kubernetes/workloads/platform/databases/dragonfly";

/** Objects that belong together: what one cluster has. */
export interface BuiltCluster {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

const infra = fluxObjects(join(deploy, "kubernetes/clusters/infra"), { root: deploy });
const apps = fluxObjects(join(deploy, "kubernetes/clusters/apps"), { root: deploy });

/** The settings of infra, as its manifests are substituted with. */
export const settings = (infra[0]?.objects.find(({ kind }) => kind === "ConfigMap")?.["data"] ?? {}) as Readonly<
  Record<string, string>
>;

/** A folder of the tree, built and substituted with infra's settings. */
export function builtFolder(folder: string): readonly KubeObject[] {
  return buildKustomization(join(deploy, folder)).map((object) => substitute(object, settings));
}

/** Every cluster that the tree describes: the two, and infra as it is where the CNI is not Cilium. */
export const clusters: readonly BuiltCluster[] = [
  { name: "infra", objects: allOf(infra) },
  {
    name: "infra without Cilium",
    objects: [
      ...allOf(infra.filter(({ kustomization }) => kustomization !== "infra-databases-dragonfly")),
      ...builtFolder(dragonfly),
    ],
  },
  { name: "apps", objects: allOf(apps) },
];

/** The examples of the documentation, one a file. */
export const examples: readonly BuiltCluster[] = exampleFiles().map((file) => ({
  name: file,
  objects: parseObjects(readFileSync(join(deploy, file), "utf8"), file).map((object) => substitute(object, settings)),
}));

/** Infra with an example applied on top: what has the same identity is replaced. */
export const clustersWithExamples: readonly BuiltCluster[] = [
  ...clusters,
  ...examples.map(({ name, objects }) => {
    const replaced = new Set(objects.map(identityOf));
    return { name, objects: [...allOf(infra).filter((object) => !replaced.has(identityOf(object))), ...objects] };
  }),
];

function exampleFiles(): readonly string[] {
  const folder = "docs/examples";
  if (!existsSync(join(deploy, folder))) return [];
  return globSync(`${folder}/**/*.yaml`, { cwd: deploy })
    .filter((file) => !file.endsWith("/kustomization.yaml"))
    .toSorted();
}

function allOf(steps: readonly FluxStep[]): readonly KubeObject[] {
  return steps.flatMap(({ objects }) => objects);
}

/** The objects of a kind, in the shape that the schema proof holds them to. */
export function ofKind<T = KubeObject>(
  objects: readonly KubeObject[],
  ...kinds: readonly string[]
): readonly (T & KubeObject)[] {
  return objects.filter(({ kind }) => kinds.includes(kind)) as unknown as readonly (T & KubeObject)[];
}
