import type { Endpoint, ExternalEndpoint, PodEndpoint } from "./model.ts";

/** The end of a connection as the policies of the pod at the other end see it. */
export type Seen =
  | PodEndpoint
  | ExternalEndpoint
  | {
      readonly kind: "node";
      /** From the pod at the other end: its own node, or another; undefined: not known. */
      readonly where: "host" | "remote-node" | undefined;
      readonly ip?: string | undefined;
      /** The pod that is on the node's network, when it is one. */
      readonly pod?: PodEndpoint;
    };

/** A pod on the host's network is seen as its node. */
export function seenFrom(subject: PodEndpoint, other: Endpoint): Seen {
  switch (other.kind) {
    case "external":
      return other;
    case "host":
    case "remote-node":
      return { kind: "node", where: other.kind, ip: other.ip };
    case "pod":
      return other.hostNetwork === true
        ? { kind: "node", where: nodeFrom(subject, other), ip: other.ip, pod: other }
        : other;
  }
}

function nodeFrom(subject: PodEndpoint, other: PodEndpoint): "host" | "remote-node" | undefined {
  if (subject.cluster !== other.cluster) return "remote-node";
  if (subject.node === undefined || other.node === undefined) return undefined;
  return subject.node === other.node ? "host" : "remote-node";
}

/** Whether both ends are one pod. */
export function samePod(a: Endpoint, b: Endpoint): boolean {
  return (
    a.kind === "pod" &&
    b.kind === "pod" &&
    a.name !== undefined &&
    a.name === b.name &&
    a.namespace === b.namespace &&
    a.cluster === b.cluster
  );
}
