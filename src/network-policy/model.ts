import type { LabelSelector, Labels } from "../platform/kubernetes.ts";

/** Policies of both kinds in one form, and what they are asked about. */

export type Protocol = "TCP" | "UDP" | "SCTP";

export interface PodEndpoint {
  readonly kind: "pod";
  readonly cluster: string;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly serviceAccount?: string;
  /** Container ports by name; needed only where a rule names a port. */
  readonly namedPorts?: Readonly<Record<string, number>>;
}

/** Something outside of the clusters, or a node: `host` is the node that the pod is on. */
export type Endpoint =
  | PodEndpoint
  | { readonly kind: "external"; readonly ip: string }
  | { readonly kind: "host" }
  | { readonly kind: "remote-node" };

/** What enforces the policies; it decides what a selector means where there are several clusters. */
export type Enforcement =
  | { readonly kind: "plain" }
  /** `policy-default-local-cluster`: there since Cilium 1.18, true by default since 1.19. */
  | { readonly kind: "cilium"; readonly defaultLocalCluster: boolean };

export interface PortRange {
  readonly protocol: Protocol | "ANY";
  /** A number, or the name of a container port; undefined: every port of the protocol. */
  readonly port: number | string | undefined;
  readonly endPort?: number;
}

export type Peer =
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
  /** A rule says something that is not modelled, so that nothing can be said where it could decide. */
  | { readonly kind: "unmodelled"; readonly what: string };

export interface Rule {
  /** Its place in the policy: `ingress[0]`. */
  readonly place: string;
  /** Undefined: everybody. */
  readonly peers: readonly Peer[] | undefined;
  /** Undefined: every port. */
  readonly ports: readonly PortRange[] | undefined;
  readonly unmodelled?: string;
}

export interface Direction {
  /** Whether everything that no rule allows is denied to the pods that are selected. */
  readonly isolates: boolean;
  readonly allow: readonly Rule[];
  readonly deny: readonly Rule[];
}

export interface Policy {
  readonly kind: "NetworkPolicy" | "CiliumNetworkPolicy";
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly subject: LabelSelector;
  readonly ingress: Direction;
  readonly egress: Direction;
}
