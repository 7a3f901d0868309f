import type { Seen } from "./ends.ts";
import type { Enforcement, PodEndpoint } from "./model.ts";
import type { Known, Labelled } from "./selector.ts";

/** Labels as the enforcing side knows them. */

export const namespaceKey = "io.kubernetes.pod.namespace";
export const namespaceLabelsPrefix = "io.cilium.k8s.namespace.labels.";
export const clusterKey = "io.cilium.k8s.policy.cluster";
const serviceAccountKey = "io.cilium.k8s.policy.serviceaccount";

const absent: Known = { value: undefined };
const own = (labels: Readonly<Record<string, string>>, key: string): Known =>
  Object.hasOwn(labels, key) ? { value: labels[key] } : absent;

/** The labels of a pod's namespace. The control plane sets `kubernetes.io/metadata.name` on each: "Network Policies". */
export function namespaceLabelled({ namespace, namespaceLabels }: PodEndpoint): Labelled {
  return (key) => {
    if (key === "kubernetes.io/metadata.name") return { value: namespace };
    return namespaceLabels === undefined
      ? { unsure: `the labels of namespace ${namespace} are not known` }
      : own(namespaceLabels, key);
  };
}

/**
 * What Cilium leaves out of a pod's identity unless it is told otherwise; patterns are anchored at the start.
 * Source: https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/
 */
const leftOut =
  /^(?:io.kubernetes|kubernetes\.io|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/(?:job-completion-index|controller-uid)|.*beta\.kubernetes\.io|topology\.kubernetes\.io|k8s\.io|pod-template-generation|pod-template-hash|controller-revision-hash|annotation|controller-uid|etcd_node)/;

/** A pod's own labels. */
export function podLabelled({ labels }: PodEndpoint, enforcement: Enforcement): Labelled {
  return (key) => {
    const known = own(labels, key);
    return known !== absent && enforcement.kind === "cilium" && leftOut.test(key)
      ? { unsure: `Cilium leaves the label ${key} out of a pod's identity, unless it is configured to keep it` }
      : known;
  };
}

/**
 * The labels of Cilium's making are among a pod's; whoever is no pod has reserved ones.
 * Source: https://docs.cilium.io/en/stable/security/policy/kubernetes/, https://docs.cilium.io/en/stable/gettingstarted/terminology/
 */
export function identityOf(seen: Seen, enforcement: Enforcement): Labelled {
  return (key) => {
    if (key.startsWith("reserved:")) return reserved(seen, key.slice("reserved:".length));
    if (key.includes(":")) return { unsure: `the label ${key} is of another source than Kubernetes` };
    if (seen.kind === "external") return absent;
    if (seen.kind === "node") {
      return key === namespaceKey ? absent : { unsure: "labels of nodes are not known" };
    }
    if (key === namespaceKey) return { value: seen.namespace };
    if (key === clusterKey) return { value: seen.cluster };
    if (key === serviceAccountKey) {
      return seen.serviceAccount === undefined
        ? { unsure: "the pod's service account is not known" }
        : { value: seen.serviceAccount };
    }
    return key.startsWith(namespaceLabelsPrefix)
      ? namespaceLabelled(seen)(key.slice(namespaceLabelsPrefix.length))
      : podLabelled(seen, enforcement)(key);
  };
}

function reserved(seen: Seen, name: string): Known {
  const there: Known = { value: "" };
  if (seen.kind === "pod") return absent;
  if (seen.kind === "external") {
    if (name === "kube-apiserver") {
      if (seen.kubeApiserver === undefined) return { unsure: "whether that address is the API server is not known" };
      return seen.kubeApiserver ? there : absent;
    }
    return name.startsWith("world")
      ? { unsure: "the labels of the outside depend on whether the cluster has IPv4 and IPv6" }
      : absent;
  }
  if (name === "kube-apiserver") return { unsure: "whether the API server is on that node is not known" };
  if (name !== "host" && name !== "remote-node") return absent;
  if (seen.where === undefined) return { unsure: "whether it is the pod's own node is not known" };
  return seen.where === name ? there : absent;
}
