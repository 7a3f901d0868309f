import type { Seen } from "./ends.ts";
import { all, closest, type Look } from "./look.ts";
import { lookAtPeers } from "./match-peers.ts";
import { lookAtPorts, type PortQuestion } from "./match-ports.ts";
import type { PodEndpoint, Policy, Rule } from "./model.ts";
import { appliesTo } from "./subject.ts";
import { type PolicyRef, policyName, type RuleRef, ruleName } from "./wording.ts";

export type Decision = "allowed" | "denied" | "unknown";

/** What one side says, and which rule says so. */
export interface SideResult {
  readonly decision: Decision;
  /** One line: the rule that decides, or why none does. */
  readonly because: string;
  /** The rule that allows it or denies it, or that leaves it open; undefined when no rule decides. */
  readonly rule?: RuleRef;
  /** When no rule admits it: the one that fails by least, and by what. */
  readonly nearest?: RuleRef & { readonly failsBy: string };
  /** The policies that isolate the pod in this direction. */
  readonly isolatedBy: readonly PolicyRef[];
}

interface Judged {
  readonly ref: RuleRef;
  readonly look: Look;
  readonly peer: Look;
  readonly conditions: string | undefined;
}

/** Something that may take away what the rest allows. */
interface Doubt {
  readonly ref: RuleRef;
  readonly why: string;
}

interface Judgement {
  readonly result: SideResult;
  /** A rule that denies matches, or may. */
  readonly refusing: boolean;
}

/** What the policies that are about the pod say of a connection, in one direction. */
export function judge(policies: readonly Policy[], pod: PodEndpoint, other: Seen, question: PortQuestion): Judgement {
  const { type, enforcement } = question;
  const own = policies
    .map((policy) => ({ policy, applies: appliesTo(policy, pod, enforcement) }))
    .filter(({ applies }) => applies.match !== false);
  const strange = own.flatMap(({ policy }) => strangeness(policy, type, question));
  const rules = (which: "allow" | "deny") =>
    own.flatMap(({ policy, applies }) =>
      policy[type][which].map((rule) => judgeRule(policy, applies, rule, other, question)),
    );
  const [deny, allow] = [rules("deny"), rules("allow")];
  const isolating = own.filter(({ policy }) => policy[type].isolates);
  const certain = isolating.filter(({ applies }) => applies.match === true).map(({ policy }) => policy);
  const refusing = deny.some(({ look }) => look.match !== false);
  const answer = (result: Omit<SideResult, "isolatedBy">): Judgement => ({
    result: { ...result, isolatedBy: certain.map(policyRef) },
    refusing,
  });

  const refused = deny.find(({ look }) => look.match === true);
  if (refused !== undefined) {
    return answer({ decision: "denied", because: `${ruleName(refused.ref)} denies it`, rule: refused.ref });
  }
  const conditional = allow.flatMap(doubtOfConditions);
  const open = isolating.length === 0;
  const granted = allow.find(({ look }) => look.match === true);
  if (open || granted !== undefined) {
    const [doubt] = [...deny.flatMap(doubtOf), ...conditional, ...strange];
    if (doubt !== undefined) return answer(left(doubt));
    return granted === undefined || open
      ? answer({ decision: "allowed", because: `no policy isolates the pod for ${type}` })
      : answer({ decision: "allowed", because: `${ruleName(granted.ref)} allows it`, rule: granted.ref });
  }
  const mayIsolate = isolating.flatMap(({ policy, applies }) =>
    certain.length === 0 && applies.match === "unknown" ? [{ ref: wholePolicy(policy), why: applies.why }] : [],
  );
  const [doubt] = [...conditional, ...allow.flatMap(doubtOf), ...strange, ...mayIsolate];
  return answer(doubt === undefined ? nothingAdmits(type, certain, allow) : left(doubt));
}

/** A policy as a whole of which nothing can be said. */
function strangeness(policy: Policy, type: "ingress" | "egress", { enforcement }: PortQuestion): readonly Doubt[] {
  if (policy.unmodelled !== undefined)
    return [{ ref: wholePolicy(policy), why: `not understood: ${policy.unmodelled}` }];
  // Cilium's ParseNetworkPolicy reads the types only where there are no rules; Kubernetes drops such rules.
  return policy[type].stray === true && enforcement.kind === "cilium"
    ? [
        {
          ref: wholePolicy(policy),
          why: `its policyTypes leave out ${type}, and Cilium applies its ${type} rules all the same`,
        },
      ]
    : [];
}

function judgeRule(policy: Policy, applies: Look, rule: Rule, other: Seen, question: PortQuestion): Judged {
  const peers = lookAtPeers(policy, rule.peers, other, question.enforcement);
  const ports = lookAtPorts(policy.kind, rule.ports, question);
  return {
    ref: { ...policyRef(policy), place: peers.place === undefined ? rule.place : `${rule.place}.${peers.place}` },
    look: all([applies, peers.look, ports.look]),
    peer: peers.look,
    conditions: rule.conditions ?? ports.conditions,
  };
}

function doubtOf({ ref, look }: Judged): readonly Doubt[] {
  return look.match === "unknown" ? [{ ref, why: look.why }] : [];
}

/** A proxy or a handshake refuses what it does not like, also when another rule would allow it. */
function doubtOfConditions({ ref, look, conditions }: Judged): readonly Doubt[] {
  return look.match === false || conditions === undefined
    ? []
    : [{ ref, why: `what decides is ${conditions}, which is not modelled` }];
}

function left({ ref, why }: Doubt): Pick<SideResult, "decision" | "because" | "rule"> {
  return { decision: "unknown", because: `${ruleName(ref)}: ${why}`, rule: ref };
}

function nothingAdmits(
  type: "ingress" | "egress",
  isolatedBy: readonly Policy[],
  allow: readonly Judged[],
): Pick<SideResult, "decision" | "because" | "nearest"> {
  const isolated = `${isolatedBy.map(policyName).join(", ")} isolate${isolatedBy.length === 1 ? "s" : ""} the pod for ${type}`;
  // Of two that fail by as much the one is likelier meant that lists the peer.
  const near = closest(allow.toSorted((a, b) => Number(a.peer.match === false) - Number(b.peer.match === false)));
  if (near === undefined || near.look.match !== false) {
    return { decision: "denied", because: `${isolated} and no rule admits anything` };
  }
  return {
    decision: "denied",
    because: `${isolated} and no rule admits this; nearest is ${ruleName(near.ref)}: ${near.look.why}`,
    nearest: { ...near.ref, failsBy: near.look.why },
  };
}

function policyRef({ kind, namespace, name }: Policy): PolicyRef {
  return { kind, namespace, name };
}

function wholePolicy(policy: Policy): RuleRef {
  return { ...policyRef(policy), place: undefined };
}
