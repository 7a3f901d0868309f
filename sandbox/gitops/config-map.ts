import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { KubeObject } from "../kubernetes/object-store.ts";
import type { ConfigMapGenerator } from "./kustomization-file.ts";

export interface Generated {
  readonly object: KubeObject;
  /** The name that others refer to it by; its own has a hash of the contents at the end. */
  readonly name: string;
}

/** A ConfigMap of files and literals, named as kustomize names it. */
export function generateConfigMap(folder: string, wanted: ConfigMapGenerator): Generated {
  const { name, namespace, options } = wanted;
  const entries = [
    ...wanted.files.map((entry) => {
      const [key, file] = entry.includes("=") ? split(entry) : [basename(entry), entry];
      return [key, readFileSync(join(folder, file), "utf8")] as const;
    }),
    ...wanted.literals.map(split),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const data = Object.fromEntries(entries);
  const suffix = options.disableNameSuffixHash ? "" : `-${contentHash(data)}`;
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `${name}${suffix}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
    },
    data,
  };
  return { object, name };
}

function split(entry: string): readonly [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/**
 * SHA-256 of the object as Go writes JSON, ten hex digits, some of them replaced; the name is left empty (observed with
 * kustomize 5.5). Source: kustomize, api/hasher.
 */
function contentHash(data: Readonly<Record<string, string>>): string {
  const json = JSON.stringify({ data, kind: "ConfigMap", name: "" }).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const replaced: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };
  const digits = createHash("sha256").update(json).digest("hex").slice(0, 10);
  return digits.replaceAll(/[013ae]/g, (digit) => replaced[digit] ?? digit);
}

/** The same objects with references to generated ConfigMaps put right: in the volumes and variables of pod templates. */
export function renameReferences(
  objects: readonly KubeObject[],
  generated: readonly Generated[],
): readonly KubeObject[] {
  const names = new Map(generated.map(({ name, object }) => [name, object.metadata.name]));
  const rename = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => rename(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([inner, part]) => {
        const refers = inner === "name" && (key === "configMap" || key === "configMapRef" || key === "configMapKeyRef");
        return [inner, refers && typeof part === "string" ? (names.get(part) ?? part) : rename(part, inner)];
      }),
    );
  };
  return objects.map((object) =>
    object["spec"] === undefined ? object : { ...object, spec: rename(object["spec"], "spec") },
  );
}
