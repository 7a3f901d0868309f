import { identityOf, namespaceKey, podLabelled } from "./identity.ts";
import { type Look, no, unsure } from "./look.ts";
import type { Enforcement, PodEndpoint, Policy } from "./model.ts";
import { lookAtSelector } from "./selector.ts";

/** Whether a policy is about this pod. Those of other clusters and namespaces never are, nor those for nodes. */
export function appliesTo(policy: Policy, pod: PodEndpoint, enforcement: Enforcement): Look {
  if (policy.about === "nodes" || policy.cluster !== pod.cluster || pod.hostNetwork === true) return no("not about it");
  if (policy.namespace !== undefined && policy.namespace !== pod.namespace) return no("of another namespace");
  if (policy.kind === "NetworkPolicy") return lookAtSelector(policy.subject, podLabelled(pod, enforcement), "label");
  const named = policy.subject.matchLabels?.[namespaceKey];
  return policy.namespace !== undefined && named !== undefined && named !== policy.namespace
    ? unsure("its endpointSelector names another namespace than its own, which Cilium forbids and does not refuse")
    : lookAtSelector(policy.subject, identityOf(pod, enforcement), "label");
}
