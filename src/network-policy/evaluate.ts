import { selects } from "../platform/label-selector.ts";
import { both, matchRule, type Question } from "./match.ts";
import type { Direction, Endpoint, Enforcement, Policy, Protocol, Rule } from "./model.ts";

export type Decision = "allowed" | "denied" | "unknown";

/** What one side says, and which rule says so. */
export interface SideResult {
  readonly decision: Decision;
  /** One line: the rule that decides, or why none does. */
  readonly because: string;
}

export interface PolicyQuestion {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly protocol?: Protocol;
  readonly policies: readonly Policy[];
  readonly enforcement: Enforcement;
}

export interface PolicyAnswer {
  readonly decision: Decision;
  readonly ingress: SideResult;
  readonly egress: SideResult;
}

/**
 * May this source reach this destination on this port, and which rule says so? The destination's policies judge what comes
 * in, the source's what goes out; both must allow.
 * Sources: Kubernetes, "Network Policies"; Cilium, "Policy Enforcement" and "Layer 3 Policies".
 */
export function evaluatePolicies(question: PolicyQuestion): PolicyAnswer {
  const ingress = side("ingress", question.to, question.from, question);
  const egress = side("egress", question.from, question.to, question);
  return { ingress, egress, decision: worst(ingress.decision, egress.decision) };
}

function worst(a: Decision, b: Decision): Decision {
  if (a === "denied" || b === "denied") return "denied";
  return a === "unknown" || b === "unknown" ? "unknown" : "allowed";
}

function side(type: "ingress" | "egress", subject: Endpoint, other: Endpoint, asked: PolicyQuestion): SideResult {
  if (subject.kind !== "pod") return { decision: "allowed", because: `no policy is about the ${subject.kind} end` };
  if (type === "ingress" && other.kind === "host") {
    return { decision: "allowed", because: "a node always reaches its own pods: kubelet and probes depend on it" };
  }
  const own = asked.policies.filter(
    (policy) =>
      policy.cluster === subject.cluster &&
      policy.namespace === subject.namespace &&
      selects(policy.subject, subject.labels),
  );
  const { port, protocol = "TCP", enforcement } = asked;
  const question: Question = { other, destination: asked.to, port, protocol, enforcement };
  return judge(type, own, question);
}

interface Looked {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly matched: ReturnType<typeof matchRule>;
}

function judge(type: "ingress" | "egress", own: readonly Policy[], question: Question): SideResult {
  const look = (which: (direction: Direction) => readonly Rule[]): readonly Looked[] =>
    own.flatMap((policy) =>
      which(policy[type]).map((rule) => ({ policy, rule, matched: matchRule(policy, rule, question) })),
    );
  const total = ({ matched }: Looked) => both(matched.peer, matched.port);

  const deny = look((direction) => direction.deny);
  const refused = deny.find((one) => total(one) === true);
  if (refused !== undefined) return { decision: "denied", because: `${named(refused)} denies it` };
  const mayRefuse = deny.find((one) => total(one) === "unknown");

  const isolating = own.filter((policy) => policy[type].isolates);
  const allow = look((direction) => direction.allow);
  const granted = allow.find((one) => total(one) === true);
  if (mayRefuse === undefined && granted !== undefined)
    return { decision: "allowed", because: `${named(granted)} allows it` };
  if (mayRefuse === undefined && isolating.length === 0) {
    return { decision: "allowed", because: `no policy isolates the pod for ${type}` };
  }
  const unsure = mayRefuse ?? allow.find((one) => total(one) === "unknown");
  if (unsure !== undefined && (granted !== undefined || isolating.length === 0 || mayRefuse === undefined)) {
    return {
      decision: "unknown",
      because: `${named(unsure)} says something that is not modelled: ${whatOf(unsure.rule)}`,
    };
  }
  return { decision: "denied", because: nearest(type, isolating, allow) };
}

function named({ policy, rule }: Looked): string {
  return `${policyName(policy)} ${rule.place}`;
}

function policyName({ kind, namespace, name }: Policy): string {
  return `${kind} ${namespace}/${name}`;
}

function whatOf({ unmodelled, peers = [] }: Rule): string {
  const [strange] = peers.flatMap((peer) => (peer.kind === "unmodelled" ? [peer.what] : []));
  return unmodelled ?? strange ?? "a named port, an address of a node, or labels of a namespace";
}

/** Why nothing allows it, with the rule that came closest. */
function nearest(type: string, isolating: readonly Policy[], allow: readonly Looked[]): string {
  const isolated = `${isolating.map(policyName).join(", ")} isolate${isolating.length === 1 ? "s" : ""} the pod for ${type}`;
  const wrongPort = allow.find(({ matched }) => matched.peer === true);
  if (wrongPort !== undefined) return `${isolated}; ${named(wrongPort)} lists this peer, but not this port`;
  const wrongPeer = allow.find(({ matched }) => matched.port === true);
  if (wrongPeer !== undefined) return `${isolated}; ${named(wrongPeer)} lists this port, but not this peer`;
  return `${isolated}; no rule lists peer or port`;
}
