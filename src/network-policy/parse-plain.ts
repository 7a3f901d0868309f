import { z } from "zod";
import type { Direction, Peer, Policy, PortRange } from "./model.ts";
import { blockWithExceptions, portNumber, selector } from "./shapes.ts";

/** Source: API reference of NetworkPolicy, and the API server's validation of it. */

const port = z
  .strictObject({
    port: z.union([portNumber, z.string().regex(/^(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/)]).optional(),
    endPort: portNumber.optional(),
    protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP"),
  })
  .refine(
    ({ port: first, endPort }) => endPort === undefined || (typeof first === "number" && endPort >= first),
    "endPort needs a port by number that is not above it",
  );
const peer = z
  .strictObject({
    podSelector: selector.optional(),
    namespaceSelector: selector.optional(),
    ipBlock: blockWithExceptions.optional(),
  })
  .refine(
    ({ podSelector, namespaceSelector, ipBlock }) =>
      (ipBlock === undefined) !== (podSelector === undefined && namespaceSelector === undefined),
    "wants either selectors or an ipBlock",
  );
const ports = z.array(port).default([]);
const ingress = z.strictObject({ from: z.array(peer).default([]), ports });
const egress = z.strictObject({ to: z.array(peer).default([]), ports });
const schema = z.looseObject({
  spec: z
    .strictObject({
      podSelector: selector.prefault({}),
      policyTypes: z.array(z.enum(["Ingress", "Egress"])).default([]),
      ingress: z.array(ingress).default([]),
      egress: z.array(egress).default([]),
    })
    .prefault({}),
});

/** @throws ZodError for what the API server would not take */
export function readPlain(head: Pick<Policy, "kind" | "cluster" | "namespace" | "name">, object: unknown): Policy {
  const { spec } = schema.parse(object);
  // None given: Ingress always, Egress when there are rules for it (API reference of NetworkPolicySpec).
  const types: readonly string[] =
    spec.policyTypes.length > 0 ? spec.policyTypes : ["Ingress", ...(spec.egress.length > 0 ? ["Egress"] : [])];
  return {
    ...head,
    subject: spec.podSelector,
    ingress: direction(
      types.includes("Ingress"),
      "ingress",
      spec.ingress.map((rule) => ({ side: "from", peers: rule.from, ports: rule.ports })),
    ),
    egress: direction(
      types.includes("Egress"),
      "egress",
      spec.egress.map((rule) => ({ side: "to", peers: rule.to, ports: rule.ports })),
    ),
  };
}

interface Given {
  readonly side: string;
  readonly peers: readonly z.infer<typeof peer>[];
  readonly ports: readonly z.infer<typeof port>[];
}

function direction(isolates: boolean, type: string, rules: readonly Given[]): Direction {
  if (!isolates) return { isolates, allow: [], deny: [], ...(rules.length > 0 ? { stray: true } : {}) };
  return {
    isolates,
    deny: [],
    allow: rules.map((rule, index) => ({
      place: `${type}[${index}]`,
      peers: rule.peers.length === 0 ? undefined : rule.peers.map((one, at) => peerOf(`${rule.side}[${at}]`, one)),
      ports: rule.ports.length === 0 ? undefined : rule.ports.map(portOf),
    })),
  };
}

function peerOf(place: string, { podSelector, namespaceSelector, ipBlock }: z.infer<typeof peer>): Peer {
  if (ipBlock !== undefined) return { place, kind: "cidr", ...ipBlock };
  return { place, kind: "pods", namespaces: namespaceSelector, pods: podSelector ?? {} };
}

function portOf({ protocol, port: first, endPort }: z.infer<typeof port>): PortRange {
  return { protocol, port: first, ...(endPort === undefined ? {} : { endPort }) };
}
