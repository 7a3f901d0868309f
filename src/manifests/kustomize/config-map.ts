import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Manifest } from "../manifest.ts";
import type { GeneratorEntry } from "./file.ts";

/** The ConfigMap of a generator, under its plain name. `read` gives the text of one of its files. */
export function generatedConfigMap(entry: GeneratorEntry, read: (path: string) => string): Manifest {
  const { labels, annotations } = entry.options;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: entry.name, namespace: entry.namespace, labels, annotations },
    data: Object.fromEntries(entry.files.map((path) => [posix.basename(path), read(path)])),
  };
}

/** What kustomize writes for these digits, so that no hash spells a word. */
const replaced: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };
/** Go escapes these in JSON. */
const escaped = /[<>&\u2028\u2029]/g;

/**
 * The name with kustomize's suffix: ten digits of the SHA-256 of the content as Go prints it in JSON, the name left empty.
 * Source: https://github.com/kubernetes-sigs/kustomize/blob/master/api/hasher/hasher.go; a test compares with kubectl.
 */
export function nameWithHash({ metadata, ...content }: Manifest): string {
  const data = Object.entries(Object(content["data"])).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const json = JSON.stringify({ data: Object.fromEntries(data), kind: "ConfigMap", name: "" }).replaceAll(
    escaped,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const digits = createHash("sha256").update(json).digest("hex").slice(0, 10);
  return `${metadata.name}-${[...digits].map((digit) => replaced[digit] ?? digit).join("")}`;
}

const references = new Set(["configMap", "configMapRef", "configMapKeyRef"]);

/** A part of an object with its references to a ConfigMap led to another name. */
export function withReferences(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, from, to));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const meant = references.has(key) && Object(inner).name === from;
      return [key, meant ? { ...Object(inner), name: to } : withReferences(inner, from, to)];
    }),
  );
}
