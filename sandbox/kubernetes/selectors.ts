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
  const set = /^\s*([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)\s*$/.exec(term);
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

/**
 * What each kind can be selected by, besides name and namespace; anything else is refused as the real one does.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#list-of-supported-fields
 */
const selectableFields: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  Event: [
    ...["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map(
      (field) => `involvedObject.${field}`,
    ),
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  Secret: ["type"],
  Namespace: ["status.phase"],
  ReplicaSet: ["status.replicas"],
  Node: ["spec.unschedulable"],
};

/** A field selector in its string form. Throws 400 for a field that the kind cannot be selected by. */
export function fieldSelector(text: string, kind: string): Test {
  const supported = ["metadata.name", "metadata.namespace", ...(selectableFields[kind] ?? [])];
  const rules = text
    .split(",")
    .filter((term) => term !== "")
    .map((term): Test => {
      const match = /^([\w.]+)(==|=|!=)(.*)$/.exec(term);
      const [, path = "", operator, value] = match ?? [];
      if (match === null)
        throw apiError(400, "BadRequest", `invalid field selector: '${term}'; can't understand '${term}'`);
      if (!supported.includes(path)) throw apiError(400, "BadRequest", `field label not supported: ${path}`);
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

/** A label selector as objects carry it. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly {
        readonly key: string;
        readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
        readonly values?: readonly string[] | undefined;
      }[]
    | undefined;
}

/** An empty selector matches everything. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}
