import type { IValidatingAdmissionPolicy } from "kubernetes-models/admissionregistration.k8s.io/v1";
import {
  type AdmissionPolicy,
  type AdmissionReview,
  parsePolicy,
  refusalsOf,
} from "../../../sandbox/kubernetes/admission-policies.ts";
import { clusters, ofKind } from "./tree.ts";

const all = clusters.flatMap(({ name, objects }) =>
  ofKind<IValidatingAdmissionPolicy>(objects, "ValidatingAdmissionPolicy").map((object) => {
    const policy = parsePolicy(object);
    return { name, policy, rules: policy.spec.matchConstraints.resourceRules };
  }),
);
/** A policy of the tree, once for each cluster that has it. */
export const policiesCalled = (name: string) => all.filter(({ policy }) => policy.metadata.name === name);

export const bot = "system:serviceaccount:dragonfly-bot:dfbot";
export const review = (operation: string, object: unknown, oldObject: unknown, username = bot): AdmissionReview => ({
  request: { operation, userInfo: { username } },
  object,
  oldObject,
});

/** The messages that an API server would refuse with. */
export function refusals({ policy }: { readonly policy: AdmissionPolicy }, asked: AdmissionReview): readonly string[] {
  return refusalsOf(policy, asked);
}
