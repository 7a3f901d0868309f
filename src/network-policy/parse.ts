import { z } from "zod";
import { BotError } from "../errors.ts";
import type { LabelSelector } from "../platform/kubernetes.ts";
import type { Direction, Peer, Policy, PortRange, Rule } from "./model.ts";

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});
const metadata = z.looseObject({ name: z.string(), namespace: z.string() });
const protocol = z.enum(["TCP", "UDP", "SCTP"]);

const plainPort = z.strictObject({
  port: z.union([z.number(), z.string()]).optional(),
  endPort: z.number().optional(),
  protocol: protocol.default("TCP"),
});
const plainPeer = z.strictObject({
  podSelector: selector.optional(),
  namespaceSelector: selector.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const plainRule = z.strictObject({
  from: z.array(plainPeer).default([]),
  to: z.array(plainPeer).default([]),
  ports: z.array(plainPort).default([]),
});
const plainSchema = z.looseObject({
  metadata,
  spec: z.strictObject({
    podSelector: selector.prefault({}),
    policyTypes: z.array(z.enum(["Ingress", "Egress"])).optional(),
    ingress: z.array(plainRule).default([]),
    egress: z.array(plainRule).default([]),
  }),
});

const ciliumPort = z.strictObject({
  port: z.string(),
  endPort: z.number().optional(),
  protocol: z.enum(["TCP", "UDP", "SCTP", "ANY"]).default("ANY"),
});
const ciliumRule = z.record(z.string(), z.unknown());
const ciliumSpec = z.looseObject({
  endpointSelector: selector.optional(),
  enableDefaultDeny: z.strictObject({ ingress: z.boolean().optional(), egress: z.boolean().optional() }).prefault({}),
  ingress: z.array(ciliumRule).default([]),
  ingressDeny: z.array(ciliumRule).default([]),
  egress: z.array(ciliumRule).default([]),
  egressDeny: z.array(ciliumRule).default([]),
});
const ciliumSchema = z.looseObject({
  metadata,
  spec: ciliumSpec.optional(),
  specs: z.array(ciliumSpec).default([]),
});

/**
 * Reads a NetworkPolicy or a CiliumNetworkPolicy as the API server gives it; the kind apart, because the items of a list do not
 * say it. One Cilium object may hold several policies.
 *
 * @throws BotError `policy.invalid` when it is not of its kind's shape
 */
export function parsePolicy(cluster: string, kind: Policy["kind"], object: unknown): readonly Policy[] {
  return kind === "NetworkPolicy"
    ? [plain(cluster, valid(kind, plainSchema, object))]
    : cilium(cluster, valid(kind, ciliumSchema, object));
}

function valid<T>(kind: Policy["kind"], schema: z.ZodType<T>, object: unknown): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { metadata: named } = z
    .looseObject({ metadata: z.looseObject({ name: z.string() }) })
    .catch({ metadata: { name: "" } })
    .parse(object);
  throw new BotError(
    "policy.invalid",
    `${kind} ${named.name} is not understood: ${issue?.path.join(".")}: ${issue?.message}`,
    "Look at the policy; a newer kind of rule needs a newer bot",
  );
}

function plain(cluster: string, { metadata: { name, namespace }, spec }: z.infer<typeof plainSchema>): Policy {
  // Left out: Ingress always, Egress when there are rules for it (API reference of NetworkPolicySpec).
  const types = spec.policyTypes ?? ["Ingress", ...(spec.egress.length > 0 ? (["Egress"] as const) : [])];
  const direction = (type: "Ingress" | "Egress", rules: z.infer<typeof plainRule>[]): Direction => ({
    isolates: types.includes(type),
    deny: [],
    allow: types.includes(type)
      ? rules.map(({ from, to, ports }, index) => {
          const peers = type === "Ingress" ? from : to;
          return {
            place: `${type.toLowerCase()}[${index}]`,
            peers: peers.length === 0 ? undefined : peers.map(plainPeerOf),
            ports: ports.length === 0 ? undefined : ports.map(portOf),
          };
        })
      : [],
  });
  return {
    kind: "NetworkPolicy",
    cluster,
    namespace,
    name,
    subject: spec.podSelector,
    ingress: direction("Ingress", spec.ingress),
    egress: direction("Egress", spec.egress),
  };
}

function plainPeerOf({ podSelector, namespaceSelector, ipBlock }: z.infer<typeof plainPeer>): Peer {
  if (ipBlock !== undefined) return { kind: "cidr", ...ipBlock };
  return { kind: "pods", namespaces: namespaceSelector, pods: podSelector ?? {} };
}

function portOf({
  port,
  endPort,
  protocol: of,
}: {
  port?: number | string | undefined;
  endPort?: number | undefined;
  protocol: PortRange["protocol"];
}): PortRange {
  const number = typeof port === "string" && /^\d+$/.test(port) ? Number(port) : port;
  // 0 is every port, for Cilium.
  return { protocol: of, port: number === 0 ? undefined : number, ...(endPort === undefined ? {} : { endPort }) };
}

function cilium(
  cluster: string,
  { metadata: { name, namespace }, spec, specs }: z.infer<typeof ciliumSchema>,
): readonly Policy[] {
  return [...(spec === undefined ? [] : [spec]), ...specs].flatMap((one) => {
    // Selects nodes, not pods.
    if (one.endpointSelector === undefined) return [];
    const { enableDefaultDeny: closes } = one;
    return [
      {
        kind: "CiliumNetworkPolicy" as const,
        cluster,
        namespace,
        name,
        subject: withoutSource(one.endpointSelector) ?? {},
        ingress: ciliumDirection("ingress", "from", one.ingress, one.ingressDeny, closes.ingress),
        egress: ciliumDirection("egress", "to", one.egress, one.egressDeny, closes.egress),
      },
    ];
  });
}

type RawRule = z.infer<typeof ciliumRule>;

/** Rules for a direction close it, unless `enableDefaultDeny` says no. */
function ciliumDirection(
  type: "ingress" | "egress",
  side: "from" | "to",
  allow: readonly RawRule[],
  deny: readonly RawRule[],
  closes: boolean | undefined,
): Direction {
  return {
    isolates: allow.length + deny.length > 0 && closes !== false,
    allow: allow.map((rule, index) => ciliumRuleOf(`${type}[${index}]`, side, rule)),
    deny: deny.map((rule, index) => ciliumRuleOf(`${type}Deny[${index}]`, side, rule)),
  };
}

function ciliumRuleOf(place: string, side: "from" | "to", rule: RawRule): Rule {
  const known = z.looseObject({
    [`${side}Endpoints`]: z.array(selector).optional(),
    [`${side}Entities`]: z.array(z.string()).optional(),
    [`${side}CIDR`]: z.array(z.string()).optional(),
    [`${side}CIDRSet`]: z
      .array(z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }))
      .optional(),
    toPorts: z.array(z.strictObject({ ports: z.array(ciliumPort).optional() })).optional(),
  });
  const parsed = known.safeParse(rule);
  const strange = Object.keys(rule).filter((key) => !(key in known.shape));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { place, peers: undefined, ports: undefined, unmodelled: `${issue?.path.join(".")} (${issue?.message})` };
  }
  const of = <T>(key: string) => parsed.data[`${side}${key}`] as readonly T[] | undefined;
  const parts: readonly (readonly Peer[] | undefined)[] = [
    of<LabelSelector>("Endpoints")?.map(endpointsPeer),
    of<string>("Entities")?.map((entity): Peer => ({ kind: "entity", entity })),
    of<string>("CIDR")?.map((cidr): Peer => ({ kind: "cidr", cidr, except: [] })),
    of<{ cidr: string; except: string[] }>("CIDRSet")?.map((block): Peer => ({ kind: "cidr", ...block })),
    strange.length === 0 ? undefined : [{ kind: "unmodelled", what: strange.join(", ") }],
  ];
  const peers = parts.filter((part) => part !== undefined).flat();
  const ports = (parsed.data["toPorts"] as { ports?: z.infer<typeof ciliumPort>[] }[] | undefined)?.flatMap(
    (one) => one.ports ?? [],
  );
  return {
    place,
    // Ports alone mean everybody. `{}` is nobody, unlike in a NetworkPolicy: it is how Cilium's documentation writes default
    // deny. So is `fromEndpoints: []`.
    peers: parts.every((part) => part === undefined) && ports !== undefined ? undefined : peers,
    ports: ports === undefined || ports.length === 0 ? undefined : ports.map(portOf),
  };
}

function endpointsPeer(given: LabelSelector): Peer {
  const found = withoutSource(given);
  return found === undefined
    ? { kind: "unmodelled", what: `a selector of other labels than Kubernetes' own: ${JSON.stringify(given)}` }
    : { kind: "endpoints", selector: found };
}

/** A label in a Cilium selector may say where it comes from: `k8s:app`, `any:app`; undefined for another source. */
function withoutSource({ matchLabels, matchExpressions }: LabelSelector): LabelSelector | undefined {
  const bare = (key: string) => key.replace(/^(?:k8s|any):/, "");
  const keys = [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)];
  if (keys.some((key) => bare(key).includes(":"))) return undefined;
  return {
    ...(matchLabels === undefined
      ? {}
      : { matchLabels: Object.fromEntries(Object.entries(matchLabels).map(([key, value]) => [bare(key), value])) }),
    ...(matchExpressions === undefined
      ? {}
      : { matchExpressions: matchExpressions.map((rule) => ({ ...rule, key: bare(rule.key) })) }),
  };
}
