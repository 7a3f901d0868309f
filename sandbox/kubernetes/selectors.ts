import type { KubeObject } from "./object-store.ts";
import { apiError } from "./status.ts";

type Test = (object: KubeObject) => boolean;

/**
 * A label selector in its string form: equality and set based.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#list-and-watch-filtering
 */
export function labelSelector(text: string): Test {
  const rules = splitOutsideParentheses(text).map(labelRule);
  return (object) => rules.every((rule) => rule(object.metadata.labels ?? {}));
}

function labelRule(term: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = /^\s*([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return operator === "in"
      ? (labels) => values.includes(labels[key] ?? "\0")
      : (labels) => !values.includes(labels[key] ?? "\0");
  }
  const equality = /^\s*([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)\s*$/.exec(term);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const existence = /^\s*(!?)\s*([\w./-]+)\s*$/.exec(term);
  if (existence === null) throw apiError(400, "BadRequest", `unable to parse requirement: ${term}`);
  const [, not, key = ""] = existence;
  return (labels) => (labels[key] === undefined) === (not === "!");
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).filter((term) => term.trim() !== "");
}

/** Only what every kind supports, and the two of Pods that people use; anything else is refused as the real one does. */
export function fieldSelector(text: string, kind: string): Test {
  const supported = [
    "metadata.name",
    "metadata.namespace",
    ...(kind === "Pod" ? ["status.phase", "spec.nodeName"] : []),
  ];
  const rules = text
    .split(",")
    .filter((term) => term !== "")
    .map((term): Test => {
      const match = /^([\w.]+)(==|=|!=)(.*)$/.exec(term);
      const [, path = "", operator, value] = match ?? [];
      if (!supported.includes(path)) throw apiError(400, "BadRequest", `field label not supported: ${path || term}`);
      return (object) => (fieldOf(object, path) === value) === (operator !== "!=");
    });
  return (object) => rules.every((rule) => rule(object));
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split(".")) {
    value =
      value !== null && typeof value === "object" && part in value
        ? Object.getOwnPropertyDescriptor(value, part)?.value
        : undefined;
  }
  return value === undefined ? "" : String(value);
}
