import { z } from "zod";
import { unbuildable } from "./unbuildable.ts";
import { readYaml } from "./yaml.ts";

const texts = z.record(z.string(), z.string()).optional();
const manifestSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z
    .string()
    .min(1)
    .refine((kind) => !kind.endsWith("List"), "a list of objects"),
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().optional(),
    labels: texts,
    annotations: texts,
  }),
});

/** A Kubernetes object as Git has it. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Which object: what no two objects of one cluster share. The version is no part of it. */
export interface ObjectId {
  /** Empty: the core group. */
  readonly group: string;
  readonly kind: string;
  /** Undefined: of the whole cluster. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Throws BotError `manifests.unbuildable` when it is no object. */
export function manifestOf(file: string, value: unknown): Manifest {
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unbuildable(file, `holds something that is no object: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** The objects in a YAML text. Throws BotError `manifests.unbuildable`. */
export function manifestsIn(file: string, text: string): readonly Manifest[] {
  return readYaml(file, text).map((value) => manifestOf(file, value));
}

/** `apps`; empty for the core group. */
export function groupOf({ apiVersion }: Pick<Manifest, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** Which object a manifest is of. Without a namespace where the manifest names none. */
export function idOf(manifest: Manifest): ObjectId {
  const { name, namespace } = manifest.metadata;
  return { group: groupOf(manifest), kind: manifest.kind, namespace, name };
}

/** `NetworkPolicy dragonfly-system/dragonfly`: as people name an object. */
export function nameOfObject({ kind, namespace, name }: Omit<ObjectId, "group">): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Whether both name one object; a manifest may have any version of its API. */
export function sameObject(a: ObjectId, b: ObjectId): boolean {
  return a.group === b.group && a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
