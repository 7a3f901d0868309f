import type { LabelSelector } from "../platform/kubernetes.ts";
import { all, type Look, no, unsure, yes } from "./look.ts";

/** What is known of one label: its value (undefined: it is not there), or why nothing is known. */
export type Known = { readonly value: string | undefined } | { readonly unsure: string };
export type Labelled = (key: string) => Known;

/**
 * Whether a selector selects what carries these labels. An empty one selects everything.
 * Source: Kubernetes, "Labels and Selectors": all requirements must hold; `NotIn` and `DoesNotExist` hold for a missing key.
 */
export function lookAtSelector(selector: LabelSelector, labelled: Labelled, what: string): Look {
  return all(requirements(selector).map((requirement) => lookAtRequirement(requirement, labelled, what)));
}

/** The labels that a selector looks at. */
export function selectorKeys(selector: LabelSelector): readonly string[] {
  return requirements(selector).map(({ key }) => key);
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

function requirements({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly Requirement[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In", values: [value] })),
    ...matchExpressions,
  ];
}

function lookAtRequirement({ key, operator, values = [] }: Requirement, labelled: Labelled, what: string): Look {
  const known = labelled(key);
  if ("unsure" in known) return unsure(known.unsure);
  const { value } = known;
  const found = `${what} ${key} is ${value === undefined ? "not set" : `"${value}"`}`;
  const listed = values.map((one) => `"${one}"`).join(" or ");
  const holds = (yesOrNo: boolean, wanted: string) => (yesOrNo ? yes : no(`${found}, wanted ${wanted}`));
  switch (operator) {
    case "In":
      return holds(value !== undefined && values.includes(value), listed);
    case "NotIn":
      return holds(value === undefined || !values.includes(value), `not ${listed}`);
    case "Exists":
      return holds(value !== undefined, "any");
    case "DoesNotExist":
      return holds(value === undefined, "none");
    default:
      return unsure(`the operator ${operator} of a selector is not known`);
  }
}
