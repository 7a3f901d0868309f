import { type Seen, samePod, seenFrom } from "./ends.ts";
import { judge, type SideResult } from "./judge.ts";
import type { Endpoint, Enforcement, PodEndpoint, Policy, Protocol } from "./model.ts";
import { appliesTo } from "./subject.ts";
import { policyName } from "./wording.ts";

export interface PolicyQuestion {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** The port of the pod, after a Service has mapped it. */
  readonly port: number;
  readonly protocol?: Protocol;
  /** Of both ends; those of other clusters and namespaces do no harm. */
  readonly policies: readonly Policy[];
  readonly enforcement: Enforcement;
}

export interface PolicyAnswer {
  readonly decision: SideResult["decision"];
  /** What the destination's policies say of what comes in. */
  readonly ingress: SideResult;
  /** What the source's policies say of what goes out. */
  readonly egress: SideResult;
}

/**
 * May this source reach this destination on this port, and which rule says so? Both sides must allow.
 * Sources: Kubernetes, "Network Policies"; Cilium, "Policy Enforcement Modes" and "Layer 3 Policies".
 */
export function evaluatePolicies(question: PolicyQuestion): PolicyAnswer {
  const ingress = side("ingress", question.to, question.from, question);
  const egress = side("egress", question.from, question.to, question);
  return { ingress, egress, decision: worst(ingress.decision, egress.decision) };
}

function worst(a: SideResult["decision"], b: SideResult["decision"]): SideResult["decision"] {
  if (a === "denied" || b === "denied") return "denied";
  return a === "unknown" || b === "unknown" ? "unknown" : "allowed";
}

function side(type: "ingress" | "egress", subject: Endpoint, other: Endpoint, asked: PolicyQuestion): SideResult {
  if (subject.kind === "external") return allowed("no policy is about an address outside");
  if (subject.kind !== "pod") return ofNode(type, asked.policies);
  if (samePod(subject, other)) return allowed("a pod always reaches itself");
  if (subject.hostNetwork === true) return ofHostNetwork(type, subject, asked);
  const { port, protocol = "TCP", enforcement, policies, to } = asked;
  const seen = seenFrom(subject, other);
  const question = { type, destination: to, port, protocol, enforcement };
  return withOwnNode(type, seen, enforcement, judge(policies, subject, seen, question));
}

function allowed(because: string): SideResult {
  return { decision: "allowed", because, isolatedBy: [] };
}

function unknown(because: string): SideResult {
  return { decision: "unknown", because, isolatedBy: [] };
}

/** Only Cilium's policies for nodes are about nodes, and those select by labels of nodes. */
function ofNode(type: "ingress" | "egress", policies: readonly Policy[]): SideResult {
  const host = policies.find(
    (policy) =>
      policy.about === "nodes" &&
      policy.kind === "CiliumClusterwideNetworkPolicy" &&
      (policy.unmodelled !== undefined || policy[type].allow.length + policy[type].deny.length > 0),
  );
  return host === undefined
    ? allowed("no policy is about a node")
    : unknown(`${policyName(host)} is about nodes, which is not modelled`);
}

/** "Network Policies": for pods on the host's network undefined; most often ignored. Cilium knows them as their node. */
function ofHostNetwork(type: "ingress" | "egress", subject: PodEndpoint, asked: PolicyQuestion): SideResult {
  const ofItsNode = ofNode(type, asked.policies);
  if (ofItsNode.decision !== "allowed" || asked.enforcement.kind === "cilium") return ofItsNode;
  const selecting = asked.policies.find(
    (policy) =>
      policy[type].isolates && appliesTo(policy, { ...subject, hostNetwork: false }, asked.enforcement).match !== false,
  );
  return selecting === undefined
    ? ofItsNode
    : unknown(`whether ${policyName(selecting)} is about a pod on the host's network is undefined in Kubernetes`);
}

/**
 * "Traffic to and from the node where a Pod is running is always allowed" ("Network Policies"). Cilium does so for what comes
 * in ("Access to/from local host"), and wants a rule for what goes out.
 */
function withOwnNode(
  type: "ingress" | "egress",
  other: Seen,
  enforcement: Enforcement,
  { result, refusing }: ReturnType<typeof judge>,
): SideResult {
  if (other.kind !== "node" || other.where === "remote-node" || result.decision === "allowed") return result;
  if (type === "egress" && enforcement.kind === "cilium") return result;
  const always = type === "ingress" ? "a node always reaches its own pods" : "a pod always reaches its own node";
  if (refusing) return { ...result, decision: "unknown", because: `${always}, but ${result.because}` };
  return other.where === "host"
    ? allowed(always)
    : { ...result, decision: "unknown", because: `${always}, and whether this is its own is not known` };
}
