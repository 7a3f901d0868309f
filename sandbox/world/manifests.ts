import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { KubeObject, ObjectStore } from "../kubernetes/object-store.ts";
import { apiVersionOf, servedResources } from "../kubernetes/resources.ts";

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** Applies every YAML file of a folder, in the order of the file names. */
export function applyFolder(store: ObjectStore, folder: string): void {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .toSorted();
  for (const file of files) applyFile(store, join(folder, file));
}

function applyFile(store: ObjectStore, path: string): void {
  for (const document of parseAllDocuments(readFileSync(path, "utf8"))) {
    if (document.contents === null) continue;
    const parsed = manifest.safeParse(document.toJS());
    if (!parsed.success) throw new Error(`${path}: not a Kubernetes object: ${z.prettifyError(parsed.error)}`);
    const { apiVersion, kind, metadata } = parsed.data;
    applyObject(store, { ...parsed.data, apiVersion, kind, metadata: withoutUndefined(metadata) });
  }
}

function withoutUndefined({ namespace, ...rest }: z.infer<typeof manifest>["metadata"]): KubeObject["metadata"] {
  return namespace === undefined ? rest : { ...rest, namespace };
}

/** Create or replace, by its own apiVersion and kind. */
export function applyObject(store: ObjectStore, object: KubeObject): void {
  const type = servedResources(store).find(
    (served) => served.kind === object.kind && apiVersionOf(served) === object.apiVersion,
  );
  if (type === undefined) throw new Error(`the cluster serves no ${object.kind} in ${object.apiVersion}`);
  const before = store.get(type, object.metadata.namespace, object.metadata.name);
  const kept = before?.["status"] !== undefined && object["status"] === undefined ? { status: before["status"] } : {};
  store.apply(type, { ...(object.kind === "Namespace" ? asNamespace(object) : object), ...kept });
}

/** What the API server adds: a label that policies can select a namespace's name by. */
function asNamespace(object: KubeObject): KubeObject {
  const { metadata } = object;
  const labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
  return { ...object, metadata: { ...metadata, labels }, status: { phase: "Active" } };
}
