import type { LabelSelector, Labels } from "./kubernetes.ts";

/**
 * Whether a label selector selects an object with these labels.
 * Source: Kubernetes, "Labels and Selectors", set-based requirements; an empty selector selects everything.
 */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((rule) => expressionHolds(rule, labels));
}

function expressionHolds(rule: NonNullable<LabelSelector["matchExpressions"]>[number], labels: Labels): boolean {
  const value = labels[rule.key];
  switch (rule.operator) {
    case "In":
      return value !== undefined && (rule.values ?? []).includes(value);
    case "NotIn":
      return value === undefined || !(rule.values ?? []).includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

/** Labels as `kubectl` prints them. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}
