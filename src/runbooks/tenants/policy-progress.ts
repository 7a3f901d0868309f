import type { InstanceConfig } from "../../config/file.ts";
import { evaluatePolicies } from "../../network-policy/evaluate.ts";
import type { SideResult } from "../../network-policy/judge.ts";
import type { Policy } from "../../network-policy/model.ts";
import type { Labels } from "../../platform/kubernetes.ts";
import type { Reading, ReadingOk } from "../../platform/reading.ts";
import { dataPort } from "../../platform/server-ports.ts";
import { wordsOfLabels } from "../connectivity/expectation.ts";
import { byCilium, primaryOf } from "../instance/policy-end.ts";
import type { WantedAccess } from "./follow-aim.ts";
import { ask, type Look, missing, type Progress, reached, unread } from "./progress.ts";

/**
 * Whether the policies say of a namespace what they are to say. Policies select by labels too (docs/network-policy.md), so those that
 * the namespace has are looked at; where they cannot be read and could decide, the answer stays open.
 */
export async function policyProgress(look: Look, wanted: WantedAccess): Promise<Progress> {
  const { namespace, cluster, instance, allowed } = wanted;
  const id = `policy.${cluster}.${namespace}`;
  const who = `namespace ${namespace} of ${cluster}`;
  const [policies, labels] = await Promise.all([policiesOf(look, instance), labelsOf(look, wanted)]);
  if (!policies.ok) return unread(id, `Whether the policies let ${who} in could not be read`, policies);
  const ingress = judge(policies.value, wanted, labels.ok ? labels.value : undefined);
  const byName = judge(policies.value, wanted, { "kubernetes.io/metadata.name": namespace });
  const isWanted = ({ decision }: SideResult) => decision === (allowed ? "allowed" : "denied");
  if (isWanted(ingress)) return reached(id, saidOf(who, ingress), policies, ingress.because);
  if (ingress.decision === "unknown") {
    if (!labels.ok && isWanted(byName)) return withoutLabels(id, wanted, ingress, labels);
    const title = `Whether ${who} may connect cannot be said: ${ingress.because}`;
    return unread(id, title, labels.ok ? policies : labels);
  }
  if (labels.ok && isWanted(byName)) return againstName(id, wanted, ingress, labels);
  return notSo(id, who, ingress, policies);
}

function policiesOf(look: Look, { cluster, namespace }: InstanceConfig): Promise<Reading<readonly Policy[]>> {
  const what = `-n ${namespace} get networkpolicy,ciliumnetworkpolicy,ciliumclusterwidenetworkpolicy -o yaml`;
  return ask(look, what, async (inner) => {
    const kubernetes = look.deps.platform.cluster(cluster);
    const kinds = await Promise.all([
      kubernetes.networkPolicies(namespace, inner),
      kubernetes.ciliumNetworkPolicies(namespace, inner),
      kubernetes.ciliumClusterwidePolicies(inner),
    ]);
    return kinds.flat();
  });
}

function labelsOf(look: Look, { cluster, namespace }: WantedAccess): Promise<Reading<Labels>> {
  const read = async (inner: AbortSignal) =>
    (await look.deps.platform.cluster(cluster).namespace(namespace, inner)).labels;
  return ask(look, `get namespace ${namespace} --show-labels`, read, cluster);
}

function judge(
  policies: readonly Policy[],
  { namespace, cluster, instance }: WantedAccess,
  namespaceLabels: Labels | undefined,
): SideResult {
  return evaluatePolicies({
    from: { kind: "pod", cluster, namespace, namespaceLabels, labels: {} },
    to: primaryOf(instance),
    port: dataPort,
    policies,
    enforcement: byCilium,
  }).ingress;
}

function saidOf(who: string, { decision }: SideResult): string {
  return decision === "allowed" ? `The policies let ${who} in` : `The policies keep ${who} out`;
}

function notSo(id: string, who: string, verdict: SideResult, seen: Reading<unknown>): Progress {
  return missing(id, `${saidOf(who, verdict)}, which is to change`, verdict.because, seen, verdict.because);
}

/** By its name it is as it is to be, and what its labels make of that is not known: no waiting will tell. */
function withoutLabels(id: string, wanted: WantedAccess, { because }: SideResult, labels: Reading<unknown>): Progress {
  const { namespace, cluster, allowed } = wanted;
  const title = allowed
    ? `The policies let namespace ${namespace} of ${cluster} in by its name; a label on it could shut it out`
    : `No rule names namespace ${namespace} of ${cluster} any more; a label on it could still let it in`;
  const { finding: one } = unread(id, title, labels);
  return { finding: { ...one, detail: `Its labels could not be read. ${one.detail} ${because}` }, pending: false };
}

/** Git has its name as it is to be, and its labels make it otherwise: no waiting will change that. */
function againstName(id: string, wanted: WantedAccess, { because }: SideResult, labels: ReadingOk<Labels>): Progress {
  const { namespace, cluster, allowed } = wanted;
  const title = allowed
    ? `The policies name namespace ${namespace} of ${cluster}, and a label on it shuts it out`
    : `No rule names namespace ${namespace} of ${cluster} any more, and a label on it still lets it in`;
  const detail = `${because}. Whoever has the namespace in Git changes its label.`;
  return { ...missing(id, title, detail, labels, wordsOfLabels(labels.value)), pending: false };
}
