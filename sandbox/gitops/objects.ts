import { z } from "zod";
import type { KubeObject } from "../kubernetes/object-store.ts";
import { parseDocuments } from "./yaml.ts";

const texts = z.record(z.string(), z.string());

const kubeObject: z.ZodType<KubeObject> = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z
    .string()
    .min(1)
    .refine((kind) => !kind.endsWith("List"), "lists are not modelled: give the objects as documents"),
  metadata: z
    .looseObject({
      name: z.string().min(1),
      namespace: z.string().optional(),
      labels: texts.optional(),
      annotations: texts.optional(),
    })
    .refine((metadata) => !("generateName" in metadata), "Flux applies objects by name")
    .transform((metadata) => metadata as KubeObject["metadata"]),
});

/** The Kubernetes objects in a YAML text. Throws with `source` in front. */
export function parseObjects(text: string, source: string): readonly KubeObject[] {
  return parseDocuments(text, source).map((document) => {
    const parsed = kubeObject.safeParse(document);
    if (!parsed.success) throw new Error(`${source}: not a Kubernetes object: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}

/** The API group of an object: the part of its apiVersion before the slash; empty for the core group. */
export function groupOf({ apiVersion }: Pick<KubeObject, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** `Deployment.apps namespace/name`: what no two objects of one cluster share. The version is not part of it. */
export function identityOf(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  const group = groupOf(object);
  return `${object.kind}${group === "" ? "" : `.${group}`} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** `<namespace>_<name>_<group>_<kind>`, as in the `status.inventory` of a Flux Kustomization. */
export function inventoryId(object: KubeObject): string {
  const { namespace = "", name } = object.metadata;
  return [namespace, name.replaceAll(":", "__"), groupOf(object), object.kind].join("_");
}

/** Throws when two of the objects have one identity. */
export function refuseTwins(objects: readonly KubeObject[], where: string): void {
  const seen = new Set<string>();
  for (const identity of objects.map(identityOf)) {
    if (seen.has(identity)) throw new Error(`${where}: ${identity} is there twice`);
    seen.add(identity);
  }
}
