import type { LabelSelector, Labels } from "../platform/kubernetes.ts";

/** Policies of all kinds in one form, and what they are asked about. */

export type Protocol = "TCP" | "UDP" | "SCTP";

export interface ContainerPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface PodEndpoint {
  readonly kind: "pod";
  readonly cluster: string;
  readonly namespace: string;
  /** Undefined: not known, but for `kubernetes.io/metadata.name`, which every namespace has. */
  readonly namespaceLabels: Labels | undefined;
  readonly labels: Labels;
  /** Needed only to see that both ends are the same pod. */
  readonly name?: string;
  readonly serviceAccount?: string;
  /** Needed only where a rule names a port; undefined: not known. */
  readonly containerPorts?: readonly ContainerPort[];
  /** Needed only where an address block is applied to pods. */
  readonly ip?: string;
  /** On the host's network it is the node's address that talks, not the pod's. */
  readonly hostNetwork?: boolean;
  /** The node's name; needed only for a pod on the host's network, at either end. */
  readonly node?: string;
}

/** An address outside of the clusters, as the pod sees it. */
export interface ExternalEndpoint {
  readonly kind: "external";
  readonly ip: string;
  /** Undefined: not known. */
  readonly kubeApiserver?: boolean;
}

/** `host` is the node that the pod at the other end is on; `remote-node` is any other, of any cluster of the mesh. */
export interface NodeEndpoint {
  readonly kind: "host" | "remote-node";
  readonly ip?: string;
}

export type Endpoint = PodEndpoint | ExternalEndpoint | NodeEndpoint;

/** What enforces the policies; it decides what a selector means where there are several clusters. */
export type Enforcement =
  /** Some network plugin that does what the specification says, and a cluster that is in no mesh. */
  | { readonly kind: "plain" }
  /** `policy-default-local-cluster`: there since Cilium 1.18, true by default since 1.19. Undefined: not known. */
  | { readonly kind: "cilium"; readonly defaultLocalCluster: boolean | undefined };

export interface PortRange {
  /** `other` is a protocol that nobody asks about here: ICMP, VRRP, IGMP. */
  readonly protocol: Protocol | "ANY" | "other";
  /** A number, or the name of a container port; undefined: every port of the protocol. */
  readonly port: number | string | undefined;
  readonly endPort?: number;
  /** What else decides on a connection to this port, and is not modelled: a rule of layer 7, a listener. */
  readonly conditions?: string;
}

export type Peer = {
  /** Its place in the rule: `from[1]`, `fromEndpoints[0]`. */
  readonly place: string;
} & (
  | {
      readonly kind: "pods";
      /** Of the plain kind; undefined: the policy's own namespace. */
      readonly namespaces: LabelSelector | undefined;
      readonly pods: LabelSelector;
    }
  /** Of Cilium: one selector over labels, namespace, cluster and account. */
  | { readonly kind: "endpoints"; readonly selector: LabelSelector }
  | { readonly kind: "cidr"; readonly cidr: string; readonly except: readonly string[] }
  | { readonly kind: "entity"; readonly entity: string }
  /** Says something that is not modelled, about these ends only. */
  | { readonly kind: "unmodelled"; readonly what: string; readonly about: "outside" | "nodes" | "anybody" }
);

export interface Rule {
  /** Its place in the policy: `ingress[0]`, `specs[1].egressDeny[0]`. */
  readonly place: string;
  /** Undefined: everybody. */
  readonly peers: readonly Peer[] | undefined;
  /** Undefined: every port. */
  readonly ports: readonly PortRange[] | undefined;
  /** What else decides on a connection that matches, and is not modelled: authentication. */
  readonly conditions?: string;
}

export interface Direction {
  /** Whether everything that no rule allows is denied to the pods that are selected. */
  readonly isolates: boolean;
  readonly allow: readonly Rule[];
  readonly deny: readonly Rule[];
  /** Rules are there that the policy's types leave out. */
  readonly stray?: boolean;
}

export type PolicyKind = "NetworkPolicy" | "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy";

export interface Policy {
  readonly kind: PolicyKind;
  readonly cluster: string;
  /** Undefined: of every namespace. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** Whom it is about; for nodes the selector goes over their labels. */
  readonly about?: "nodes";
  readonly subject: LabelSelector;
  readonly ingress: Direction;
  readonly egress: Direction;
  /** Why nothing can be said of it: Cilium refuses it, or it says something unheard of. */
  readonly unmodelled?: string;
}
