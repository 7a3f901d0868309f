import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { KubeObject } from "../kubernetes/object-store.ts";
import type { GeneratorEntry } from "./kustomization-file.ts";

/** The ConfigMap of a generator, under its plain name. `read` gives a file's text by its path in the entry. */
export function generateConfigMap(entry: GeneratorEntry, read: (path: string) => string, source: string): KubeObject {
  const data: Record<string, string> = {};
  const put = (key: string, value: string) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) throw new Error(`${source}: ${entry.name}: ${key} is no key of a ConfigMap`);
    if (/^[\d.]+$/.test(key))
      throw new Error(`${source}: ${entry.name}: kustomize fails at a number for a key: ${key}`);
    if (Object.hasOwn(data, key)) throw new Error(`${source}: ${entry.name}: the key ${key} is there twice`);
    data[key] = value;
  };
  for (const file of entry.files) {
    const [key, path] = file.includes("=") ? split(file) : [basename(file), file];
    put(key, read(path));
  }
  for (const literal of entry.literals) {
    if (!literal.includes("=")) throw new Error(`${source}: ${entry.name}: the literal ${literal} is not key=value`);
    const [key, value] = split(literal);
    put(key, /^(".*"|'.*')$/s.test(value) ? value.slice(1, -1) : value);
  }
  const { labels, annotations } = entry.options;
  const metadata = {
    name: entry.name,
    ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

function split(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/**
 * The name with kustomize's suffix: ten characters of the SHA-256 of the content as Go prints it in JSON (keys sorted,
 * and <, >, & and two line separators escaped; the name counts as empty), with the characters that spell words replaced.
 * Observed with kubectl 1.32, whose kustomize is v5.5.0.
 */
export function suffixedName(configMap: KubeObject): string {
  const data = (configMap["data"] ?? {}) as Readonly<Record<string, string>>;
  const sorted = Object.fromEntries(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const json = JSON.stringify({ data: sorted, kind: "ConfigMap", name: "" }).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const hash = createHash("sha256").update(json).digest("hex").slice(0, 10);
  const safe: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };
  return `${configMap.metadata.name}-${[...hash].map((digit) => safe[digit] ?? digit).join("")}`;
}

/** The object with references of pods to a ConfigMap replaced: volumes, projected volumes, env and envFrom. */
export function withConfigMapRenamed(object: KubeObject, namespace: string | undefined, from: string, to: string) {
  if (object.metadata.namespace !== namespace || object.kind === "ConfigMap") return object;
  return renamed(object, from, to) as KubeObject;
}

const references = new Set(["configMap", "configMapRef", "configMapKeyRef"]);

function renamed(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, from, to));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isReference = references.has(key) && inner !== null && typeof inner === "object" && inner.name === from;
      return [key, isReference ? { ...inner, name: to } : renamed(inner, from, to)];
    }),
  );
}
