import type { InstanceConfig } from "../../config/file.ts";
import type { PodEndpoint, Policy } from "../../network-policy/model.ts";
import { appliesTo } from "../../network-policy/subject.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding, fromReading } from "./findings.ts";
import type { InstanceObservation } from "./observe.ts";

const section = "Network";

/** Who may connect, as far as the instance's own policies say. */
export function assessPolicy(
  seen: InstanceObservation,
  { cluster, namespace }: InstanceConfig,
  labels: Record<string, string>,
): readonly Finding[] {
  const id = "networkpolicy.data";
  const kinds = [seen.policies, seen.ciliumPolicies];
  const found = kinds.flatMap((reading) => (reading.ok ? reading.value : []));
  const pod: PodEndpoint = { kind: "pod", cluster, namespace, namespaceLabels: undefined, labels };
  const about = found.filter((policy) => appliesTo(policy, pod, { kind: "plain" }).match === true);
  const own = about.filter((policy) => policy.ingress.isolates);
  // Policies add up: one that was not read may let in whom the others do not.
  const unread = kinds.find((reading) => !reading.ok);
  if (unread !== undefined) return fromReading({ id, section, what: "The network policies" }, unread, () => []);
  const strange = about.find(({ unmodelled }) => unmodelled !== undefined);
  if (strange !== undefined) {
    return [
      finding({
        id,
        section,
        verdict: "unknown",
        title: `${strange.kind} ${strange.name} is not understood, so who may connect cannot be said`,
        detail: strange.unmodelled ?? "",
        evidence: [evidence(seen.ciliumPolicies, `${strange.name}: ${strange.unmodelled}`)],
      }),
    ];
  }
  const names = own.map(({ kind, name }) => `${kind} ${name}`).join(", ");
  return [
    finding({
      id,
      section,
      verdict: lets(own) ? "ok" : "fail",
      title:
        own.length === 0
          ? "No network policy restricts who may connect"
          : lets(own)
            ? `Network policies restrict who may connect: ${names}`
            : `The network policies let nobody in: ${names}`,
      detail:
        own.length === 0
          ? "Any pod may reach the data port, and the admin port, which asks for no password."
          : lets(own)
            ? ""
            : "Neither clients, nor replicas of their primary, nor the operator can connect.",
      evidence: [
        evidence(
          seen.policies,
          named(own, "NetworkPolicy") || "no NetworkPolicy selects the instance's pods for Ingress",
        ),
        evidence(
          seen.ciliumPolicies,
          [named(own, "CiliumNetworkPolicy"), named(own, "CiliumClusterwideNetworkPolicy")]
            .filter(Boolean)
            .join(", ") || "no CiliumNetworkPolicy selects the instance's pods for Ingress",
        ),
      ],
    }),
  ];
}

/** Whether somebody may come in: a policy without rules only shuts out. */
function lets(policies: readonly Policy[]): boolean {
  return policies.some(({ ingress }) => ingress.allow.some(({ peers }) => peers === undefined || peers.length > 0));
}

function named(policies: readonly Policy[], kind: Policy["kind"]): string {
  return policies
    .filter((policy) => policy.kind === kind)
    .map(({ name, ingress }) => `${name} (${ingress.allow.length} ingress rules)`)
    .join(", ");
}
