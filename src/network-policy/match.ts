import { BlockList, isIPv6 } from "node:net";
import type { LabelSelector, Labels } from "../platform/kubernetes.ts";
import { selects } from "../platform/label-selector.ts";
import type { Endpoint, Enforcement, Peer, PodEndpoint, Policy, PortRange, Protocol, Rule } from "./model.ts";

/** Three values: a rule that says something unmodelled may or may not match. */
export type Match = boolean | "unknown";

export interface Question {
  /** The other end: who comes in, or where it goes out to. */
  readonly other: Endpoint;
  /** Whose ports are meant. */
  readonly destination: Endpoint;
  readonly port: number;
  readonly protocol: Protocol;
  readonly enforcement: Enforcement;
}

/** Both the peer and the port must match. */
export function matchRule(
  policy: Policy,
  rule: Rule,
  question: Question,
): { readonly peer: Match; readonly port: Match } {
  if (rule.unmodelled !== undefined) return { peer: "unknown", port: "unknown" };
  return {
    peer: rule.peers === undefined ? true : either(rule.peers.map((peer) => matchPeer(policy, peer, question))),
    port: rule.ports === undefined ? true : either(rule.ports.map((range) => matchPort(range, question))),
  };
}

export function both(a: Match, b: Match): Match {
  if (a === false || b === false) return false;
  return a === true && b === true ? true : "unknown";
}

function either(all: readonly Match[]): Match {
  if (all.includes(true)) return true;
  return all.includes("unknown") ? "unknown" : false;
}

function matchPort({ protocol, port, endPort }: PortRange, { destination, ...asked }: Question): Match {
  if (protocol !== "ANY" && protocol !== asked.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === "number") return asked.port >= port && asked.port <= (endPort ?? port);
  if (destination.kind !== "pod") return false;
  if (destination.namedPorts === undefined) return "unknown";
  return destination.namedPorts[port] === asked.port;
}

function matchPeer(policy: Policy, peer: Peer, { other, enforcement }: Question): Match {
  switch (peer.kind) {
    case "unmodelled":
      return "unknown";
    case "cidr":
      return matchCidr(peer, other);
    case "entity":
      return matchEntity(policy, peer.entity, other);
    case "pods":
      if (other.kind !== "pod" || !reachesCluster(policy, other, enforcement)) return false;
      return (
        (peer.namespaces === undefined
          ? other.namespace === policy.namespace
          : selects(peer.namespaces, other.namespaceLabels)) && selects(peer.pods, other.labels)
      );
    case "endpoints":
      return other.kind === "pod" ? matchEndpoints(policy, peer.selector, other, enforcement) : false;
  }
}

/** Without a mesh another cluster is the outside. With Cilium it depends on a setting. */
function reachesCluster(policy: Policy, other: PodEndpoint, enforcement: Enforcement): boolean {
  if (other.cluster === policy.cluster) return true;
  return enforcement.kind === "cilium" && !enforcement.defaultLocalCluster;
}

const namespaceLabel = "io.kubernetes.pod.namespace";
const namespaceLabelsPrefix = "io.cilium.k8s.namespace.labels.";
const clusterLabel = "io.cilium.k8s.policy.cluster";

/**
 * Cilium's selector goes over the pod's labels and over labels of its own making. One that names no namespace means the
 * policy's own. Source: https://docs.cilium.io/en/stable/network/kubernetes/policy/
 */
function matchEndpoints(policy: Policy, selector: LabelSelector, other: PodEndpoint, enforcement: Enforcement): Match {
  const keys = [...Object.keys(selector.matchLabels ?? {}), ...(selector.matchExpressions ?? []).map(({ key }) => key)];
  if (!keys.includes(clusterLabel) && !reachesCluster(policy, other, enforcement)) return false;
  const matched = selects(selector, ciliumLabels(other));
  if (keys.includes(namespaceLabel) || other.namespace === policy.namespace) return matched;
  // Whether labels of the namespace count as naming one differs between versions.
  return matched && keys.some((key) => key.startsWith(namespaceLabelsPrefix)) ? "unknown" : false;
}

function ciliumLabels({ labels, namespace, namespaceLabels, cluster, serviceAccount }: PodEndpoint): Labels {
  return {
    ...labels,
    ...Object.fromEntries(
      Object.entries(namespaceLabels).map(([key, value]) => [`${namespaceLabelsPrefix}${key}`, value]),
    ),
    [namespaceLabel]: namespace,
    [clusterLabel]: cluster,
    ...(serviceAccount === undefined ? {} : { "io.cilium.k8s.policy.serviceaccount": serviceAccount }),
  };
}

/** An address block is about what is outside: CNIs do not apply it to pods, which have identities. */
function matchCidr({ cidr, except }: Extract<Peer, { kind: "cidr" }>, other: Endpoint): Match {
  if (other.kind === "pod") return false;
  if (other.kind !== "external") return "unknown";
  return within(other.ip, cidr) && !except.some((block) => within(other.ip, block));
}

function within(ip: string, cidr: string): boolean {
  const [address = "", prefix = ""] = cidr.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family);
  return list.check(ip, isIPv6(ip) ? "ipv6" : "ipv4");
}

function matchEntity(policy: Policy, entity: string, other: Endpoint): Match {
  switch (entity) {
    case "all":
      return true;
    case "world":
      return other.kind === "external";
    case "cluster":
      // "All endpoints in the local cluster", its nodes included.
      return other.kind === "pod" ? other.cluster === policy.cluster : other.kind !== "external";
    case "host":
      return other.kind === "host";
    case "remote-node":
      return other.kind === "remote-node";
    default:
      // kube-apiserver may be any address; health, ingress, init and unmanaged are Cilium's own endpoints.
      return entity === "kube-apiserver" && other.kind !== "pod" ? "unknown" : false;
  }
}
