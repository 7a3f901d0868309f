import { evaluatePolicies } from "../../network-policy/evaluate.ts";
import type { SideResult } from "../../network-policy/judge.ts";
import type { Policy } from "../../network-policy/model.ts";
import type { Reading } from "../../platform/reading.ts";
import type { WantedAccess } from "./follow-aim.ts";
import { ask, type Look, missing, type Progress, reached, unread } from "./progress.ts";

/**
 * Whether the policies say of a namespace what they are to say. Its labels are not looked at
 * (docs/network-policy.md). So a rule for a label leaves the answer open, and no waiting will close it.
 */
export async function policyProgress(look: Look, wanted: WantedAccess): Promise<Progress> {
  const { namespace, cluster, instance, allowed } = wanted;
  const { platform } = look.deps;
  const id = `policy.${cluster}.${namespace}`;
  const who = `namespace ${namespace} of ${cluster}`;
  const seen = await ask(
    look,
    `-n ${instance.namespace} get networkpolicy,ciliumnetworkpolicy,ciliumclusterwidenetworkpolicy -o yaml`,
    async (inner) => {
      const kubernetes = platform.cluster(instance.cluster);
      const kinds = await Promise.all([
        kubernetes.networkPolicies(instance.namespace, inner),
        kubernetes.ciliumNetworkPolicies(instance.namespace, inner),
        kubernetes.ciliumClusterwidePolicies(inner),
      ]);
      return kinds.flat();
    },
  );
  if (!seen.ok) return unread(id, `Whether the policies let ${who} in could not be read`, seen);
  const ingress = judge(seen.value, wanted, undefined);
  if (ingress.decision === "unknown") {
    const byName = judge(seen.value, wanted, { "kubernetes.io/metadata.name": namespace });
    if (byName.decision === "unknown")
      return unread(id, `Whether ${who} may connect cannot be said: ${byName.because}`, seen);
    if ((byName.decision === "allowed") === allowed) return byLabelsOnly(id, wanted, ingress.because, seen);
    return notSo(id, who, byName, seen);
  }
  if ((ingress.decision === "allowed") !== allowed) return notSo(id, who, ingress, seen);
  return reached(id, saidOf(who, ingress), seen, ingress.because);
}

function judge(
  policies: readonly Policy[],
  { namespace, cluster, instance }: WantedAccess,
  namespaceLabels: Readonly<Record<string, string>> | undefined,
): SideResult {
  return evaluatePolicies({
    from: { kind: "pod", cluster, namespace, namespaceLabels, labels: {} },
    to: {
      kind: "pod",
      cluster: instance.cluster,
      namespace: instance.namespace,
      namespaceLabels: undefined,
      labels: { app: instance.name, "app.kubernetes.io/name": "dragonfly" },
      containerPorts: [{ name: "redis", port: 6_379, protocol: "TCP" }],
    },
    port: 6_379,
    policies,
    enforcement: { kind: "cilium", defaultLocalCluster: true },
  }).ingress;
}

function saidOf(who: string, { decision }: SideResult): string {
  return decision === "allowed" ? `The policies let ${who} in` : `The policies keep ${who} out`;
}

function notSo(id: string, who: string, verdict: SideResult, seen: Reading<unknown>): Progress {
  return missing(id, `${saidOf(who, verdict)}, which is to change`, verdict.because, seen, verdict.because);
}

/** By its name it is as it is to be; what its labels change is for people to look at. */
function byLabelsOnly(id: string, wanted: WantedAccess, because: string, seen: Reading<unknown>): Progress {
  const { namespace, cluster, allowed } = wanted;
  const title = allowed
    ? `The policies let namespace ${namespace} of ${cluster} in by its name; a label on it could shut it out`
    : `No rule names namespace ${namespace} of ${cluster} any more; a label on it could still let it in`;
  const detail = `Labels of namespaces are not looked at here. Look: kubectl --context=${cluster} get namespace ${namespace} --show-labels. ${because}`;
  const { finding: one } = unread(id, title, seen);
  return { finding: { ...one, detail }, pending: false };
}
