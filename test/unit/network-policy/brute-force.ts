/**
 * A second reading of NetworkPolicy, which shares nothing with the evaluator: it goes over raw objects and writes every
 * connection of a small world down that a policy admits. Slow and plain; only for the plain kind, in one cluster.
 * Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/, API reference.
 */

export interface World {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly {
    readonly id: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  }[];
  /** IPv4, outside. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  readonly protocols: readonly string[];
}

export interface RawSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}
export interface RawPeer {
  readonly podSelector?: RawSelector;
  readonly namespaceSelector?: RawSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
export interface RawRule {
  readonly from?: readonly RawPeer[];
  readonly to?: readonly RawPeer[];
  readonly ports?: readonly {
    readonly port?: number | string;
    readonly endPort?: number;
    readonly protocol?: string;
  }[];
}
export interface RawPolicy {
  readonly namespace: string;
  readonly spec: {
    readonly podSelector?: RawSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly RawRule[];
    readonly egress?: readonly RawRule[];
  };
}

type Type = "ingress" | "egress";

/** `from>to:port/protocol`, as written in the sets below. */
export function connection(from: string, to: string, port: number, protocol: string): string {
  return `${from}>${to}:${port}/${protocol}`;
}

/** Which connections pass one side: all of a pod that no policy isolates, and else those that one admits. */
export function passing(world: World, policies: readonly RawPolicy[], type: Type): ReadonlySet<string> {
  const passes = new Set<string>();
  const everybody = [...world.pods.map(({ id }) => id), ...world.addresses];
  for (const subject of everybody) {
    const pod = world.pods.find(({ id }) => id === subject);
    const own = policies.filter(
      (policy) =>
        pod !== undefined &&
        policy.namespace === pod.namespace &&
        chosen(policy.spec.podSelector, pod.labels) &&
        typesOf(policy).has(type),
    );
    for (const other of everybody) {
      for (const protocol of world.protocols) {
        for (const port of world.ports) {
          const [from, to] = type === "ingress" ? [other, subject] : [subject, other];
          if (own.length === 0 || subject === other) passes.add(connection(from, to, port, protocol));
        }
      }
    }
    for (const policy of own) {
      for (const rule of policy.spec[type] ?? []) {
        for (const other of listed(world, policy, (type === "ingress" ? rule.from : rule.to) ?? [])) {
          const [from, to] = type === "ingress" ? [other, subject] : [subject, other];
          for (const place of opened(world, rule, to)) passes.add(`${from}>${to}:${place}`);
        }
      }
    }
  }
  return passes;
}

function typesOf({ spec }: RawPolicy): ReadonlySet<string> {
  const given = (spec.policyTypes ?? []).map((type) => type.toLowerCase());
  if (given.length > 0) return new Set(given);
  return new Set((spec.egress ?? []).length > 0 ? ["ingress", "egress"] : ["ingress"]);
}

/** Everybody whom a list of peers means; an empty one means all. */
function listed(world: World, policy: RawPolicy, peers: readonly RawPeer[]): ReadonlySet<string> {
  if (peers.length === 0) return new Set([...world.pods.map(({ id }) => id), ...world.addresses]);
  const found = new Set<string>();
  for (const { podSelector, namespaceSelector, ipBlock } of peers) {
    if (ipBlock !== undefined) {
      const outside = new Set(
        (ipBlock.except ?? []).flatMap((block) => world.addresses.filter((ip) => inBlock(ip, block))),
      );
      for (const ip of world.addresses) if (inBlock(ip, ipBlock.cidr) && !outside.has(ip)) found.add(ip);
      continue;
    }
    const where = Object.entries(world.namespaces)
      .filter(([name, labels]) =>
        namespaceSelector === undefined
          ? name === policy.namespace
          : chosen(namespaceSelector, { ...labels, "kubernetes.io/metadata.name": name }),
      )
      .map(([name]) => name);
    for (const pod of world.pods) {
      if (where.includes(pod.namespace) && chosen(podSelector, pod.labels)) found.add(pod.id);
    }
  }
  return found;
}

/** Every `port/protocol` of a destination that a list of ports opens. */
function opened(world: World, rule: RawRule, to: string): ReadonlySet<string> {
  const all = world.protocols.flatMap((protocol) => world.ports.map((port) => ({ port, protocol })));
  const given = rule.ports ?? [];
  const named = world.pods.find(({ id }) => id === to)?.ports ?? [];
  const open = all.filter(
    (one) =>
      given.length === 0 ||
      given.some(({ port, endPort, protocol = "TCP" }) => {
        if (protocol !== one.protocol) return false;
        if (typeof port === "string") {
          return named.some((known) => known.name === port && known.port === one.port && known.protocol === protocol);
        }
        const first = port ?? 1;
        const last = port === undefined ? 65_535 : (endPort ?? port);
        return one.port - first >= 0 && last - one.port >= 0;
      }),
  );
  return new Set(open.map(({ port, protocol }) => `${port}/${protocol}`));
}

/** Labels as a set of `key=value`, so that a selector is a question about sets. */
function chosen(
  { matchLabels = {}, matchExpressions = [] }: RawSelector = {},
  labels: Readonly<Record<string, string>>,
): boolean {
  const written = new Set(Object.entries(labels).map(([key, value]) => `${key}=${value}`));
  const keys = new Set(Object.keys(labels));
  const wanted = new Set(Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`));
  const failed = matchExpressions.filter(({ key, operator, values = [] }) => {
    const hit = values.filter((value) => written.has(`${key}=${value}`)).length > 0;
    return { In: !hit, NotIn: hit, Exists: !keys.has(key), DoesNotExist: keys.has(key) }[operator];
  });
  return wanted.isSubsetOf(written) && failed.length === 0;
}

/** By the bits of an address, as text. */
function inBlock(ip: string, block: string): boolean {
  const [network = "", length = ""] = block.split("/");
  const bits = (address: string) =>
    address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  return bits(ip).startsWith(bits(network).slice(0, Number(length)));
}
