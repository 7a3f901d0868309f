import type { LabelSelector } from "../platform/kubernetes.ts";
import { within } from "./cidr.ts";
import type { Seen } from "./ends.ts";
import {
  clusterKey,
  identityOf,
  namespaceKey,
  namespaceLabelled,
  namespaceLabelsPrefix,
  podLabelled,
} from "./identity.ts";
import { all, closest, farAway, type Look, no, unsure, yes } from "./look.ts";
import { lookAtEntity } from "./match-entity.ts";
import type { Enforcement, Peer, PodEndpoint, Policy } from "./model.ts";
import { lookAtSelector, selectorKeys } from "./selector.ts";

/** Whether one of the peers is meant, and which comes closest. */
export function lookAtPeers(
  policy: Policy,
  peers: readonly Peer[] | undefined,
  other: Seen,
  enforcement: Enforcement,
): { readonly look: Look; readonly place: string | undefined } {
  if (peers === undefined) return { look: yes, place: undefined };
  const best = closest(peers.map((peer) => ({ peer, look: lookAtPeer(policy, peer, other, enforcement) })));
  return best === undefined
    ? { look: no("it lists nobody", 2 * farAway), place: undefined }
    : { look: best.look, place: best.peer.place };
}

function lookAtPeer(policy: Policy, peer: Peer, other: Seen, enforcement: Enforcement): Look {
  switch (peer.kind) {
    case "cidr":
      return lookAtBlock(policy, peer, other, enforcement);
    case "entity":
      return lookAtEntity(policy, peer.entity, other);
    case "pods":
      return lookAtPods(policy, peer, other, enforcement);
    case "endpoints":
      return lookAtEndpoints(policy, peer.selector, other, enforcement);
    case "unmodelled":
      // DNS rules and groups become address blocks, which are not about pods: "Layer 3 Policies".
      if (peer.about === "outside" && other.kind === "pod") return no(`a pod is not of ${peer.what}`, farAway);
      if (peer.about === "nodes" && other.kind !== "node") return no("it is not a node", farAway);
      return unsure(`${peer.what} is not modelled`);
  }
}

function lookAtPods(
  policy: Policy,
  { namespaces, pods }: Extract<Peer, { kind: "pods" }>,
  other: Seen,
  enforcement: Enforcement,
): Look {
  const pod = other.kind === "node" ? other.pod : other;
  if (pod?.kind !== "pod") return no("it is not a pod", farAway);
  if (other.kind === "node" && enforcement.kind === "cilium") return no("on the host's network it is a node", farAway);
  const selected = all([
    sameClusterOrMesh(policy, pod, enforcement),
    namespaces === undefined
      ? sameNamespace(policy, pod)
      : lookAtSelector(namespaces, namespaceLabelled(pod), "namespace label"),
    lookAtSelector(pods, podLabelled(pod, enforcement), "label"),
  ]);
  return other.kind === "node" && selected.match === true
    ? unsure("whether a selector selects pods on the host's network is undefined in Kubernetes")
    : selected;
}

function sameNamespace({ namespace }: Policy, pod: PodEndpoint): Look {
  return namespace === undefined || pod.namespace === namespace
    ? yes
    : no(`namespace is ${pod.namespace}, wanted ${namespace}`);
}

/** Without a mesh another cluster is the outside. With Cilium it depends on a setting. */
function sameClusterOrMesh({ cluster }: Policy, pod: PodEndpoint, enforcement: Enforcement): Look {
  if (pod.cluster === cluster) return yes;
  if (enforcement.kind === "cilium" && enforcement.defaultLocalCluster === undefined) {
    return unsure("whether a selector that names no cluster is about others depends on policy-default-local-cluster");
  }
  return enforcement.kind === "cilium" && enforcement.defaultLocalCluster === false
    ? yes
    : no(`cluster is ${pod.cluster}, wanted ${cluster}`);
}

/**
 * A selector that names no namespace means the policy's own, one that names no cluster the policy's own where that is the
 * default; one by reserved labels means neither.
 * Source: https://docs.cilium.io/en/stable/security/policy/kubernetes/, "Namespaces" and "Multi-Cluster".
 */
function lookAtEndpoints(policy: Policy, selector: LabelSelector, other: Seen, enforcement: Enforcement): Look {
  const keys = selectorKeys(selector);
  const selected = lookAtSelector(selector, identityOf(other, enforcement), "label");
  if (keys.some((key) => key.startsWith("reserved:"))) return selected;
  if (other.kind !== "pod") return all([selected, widened(policy) ?? no("it is not a pod", farAway)]);
  return all([
    selected,
    keys.includes(namespaceKey) ? yes : unnamedNamespace(policy, keys, other),
    keys.includes(clusterKey) ? yes : sameClusterOrMesh(policy, other, enforcement),
  ]);
}

function unnamedNamespace(policy: Policy, keys: readonly string[], other: PodEndpoint): Look {
  const same = sameNamespace(policy, other);
  if (same.match !== false) return same;
  return keys.some((key) => key.startsWith(namespaceLabelsPrefix))
    ? unsure("whether labels of a namespace reach beyond the policy's own depends on Cilium's version")
    : (widened(policy) ?? same);
}

/**
 * Cilium sets no bounds to the selectors of a policy about pods that have no labels yet, each version in its own way.
 * Source: `matchesInit` of getEndpointSelector in Cilium's package k8s/apis/cilium.io/utils.
 */
function widened({ subject }: Policy): Look | undefined {
  return selectorKeys(subject).includes("reserved:init")
    ? unsure("how far a selector reaches beside an endpointSelector with reserved:init depends on Cilium's version")
    : undefined;
}

/**
 * Kubernetes means blocks for what is outside and leaves open what they are for pods: "These should be cluster-external IPs".
 * Cilium does not apply them to pods, nor to nodes unless `policy-cidr-match-mode` says so: "Layer 3 Policies", CIDR based.
 */
function lookAtBlock(
  policy: Policy,
  { cidr, except }: Extract<Peer, { kind: "cidr" }>,
  other: Seen,
  { kind }: Enforcement,
): Look {
  const cilium = kind === "cilium" || policy.kind !== "NetworkPolicy";
  if (other.kind === "pod" && cilium) return no("an address block is not about pods, for Cilium", farAway);
  const elsewhere = other.kind === "pod" && other.cluster !== policy.cluster;
  const look = elsewhere || other.ip === undefined ? undefined : lookAtAddress(other.ip, cidr, except);
  if (other.kind === "external") return look ?? unsure("its address is not known");
  if (look?.match === false) return look;
  if (other.kind === "node") {
    return look === undefined || cilium
      ? unsure(`whether the address block ${cidr} is about nodes is not known`)
      : look;
  }
  return unsure(`what the address block ${cidr} means for a pod is up to the network plugin`);
}

function lookAtAddress(ip: string, cidr: string, except: readonly string[]): Look {
  const inside = within(ip, cidr);
  if (inside === undefined) return unsure(`"${ip}" is not an address`);
  if (!inside) return no(`address ${ip} is not in ${cidr}`);
  const excepted = except.find((block) => within(ip, block) === true);
  return excepted === undefined ? yes : no(`address ${ip} is excepted by ${excepted}`);
}
