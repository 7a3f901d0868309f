import type { Policy } from "./model.ts";

/** A policy, or a place in one. */
export interface PolicyRef {
  readonly kind: Policy["kind"];
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface RuleRef extends PolicyRef {
  /** `ingress[0].from[1]`; undefined when it is the policy as a whole. */
  readonly place: string | undefined;
}

/** `NetworkPolicy db/primary` */
export function policyName({ kind, namespace, name }: PolicyRef): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** `NetworkPolicy db/primary ingress[0].from[1]` */
export function ruleName({ place, ...policy }: RuleRef): string {
  return place === undefined ? policyName(policy) : `${policyName(policy)} ${place}`;
}
